import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createWaitingAcks,
  type WaitingAck,
} from "../../../../agent/intake/client/waiting-acks.ts";
import { encodeAck } from "../../../../shared/codec/downlink.ts";

/** An ack for boot 0-`nonce` of `device`. */
const ackOf = (device: string, nonce: number, next: number): WaitingAck => {
  const boot = { nonce, number: 0 };
  const rest = { storeId: 1, ackId: next, definitions: 0, epochMs: 0, busyMs: 0 };
  return { device, payload: Buffer.from(encodeAck({ ...rest, boot, next })) };
};

const takeAll = (acks: ReturnType<typeof createWaitingAcks>): WaitingAck[] => {
  const taken: WaitingAck[] = [];
  for (let ack = acks.take(); ack !== undefined; ack = acks.take()) taken.push(ack);
  return taken;
};

describe("waiting acks", () => {
  it("are taken in the order in which their devices began to wait", () => {
    const acks = createWaitingAcks(10);

    for (const device of ["a", "b", "c"]) acks.add(ackOf(device, 1, 5));

    expect(takeAll(acks).map(({ device }) => device)).toEqual(["a", "b", "c"]);
  });

  it("are replaced by newer ones of their device and boot, which get their place", () => {
    const acks = createWaitingAcks(10);

    acks.add(ackOf("a", 1, 5));
    acks.add(ackOf("b", 1, 5));
    acks.add(ackOf("a", 1, 9));

    expect(takeAll(acks)).toEqual([ackOf("a", 1, 9), ackOf("b", 1, 5)]);
  });

  it("are kept beside those of another boot", () => {
    const acks = createWaitingAcks(10);

    acks.add(ackOf("a", 1, 5));
    acks.add(ackOf("a", 2, 1));

    expect(takeAll(acks)).toEqual([ackOf("a", 1, 5), ackOf("a", 2, 1)]);
  });

  it("give way at the limit, oldest first, which is told", () => {
    const acks = createWaitingAcks(2);

    const told = ["a", "b", "b", "c"].map((device) => acks.add(ackOf(device, 1, 5)));

    expect(told).toEqual([true, true, true, false]);
    expect(takeAll(acks).map(({ device }) => device)).toEqual(["b", "c"]);
  });

  it("are never more than the limit, and end with the newest of each boot", () => {
    const anyAcks = fc.array(
      fc.tuple(fc.constantFrom("a", "b", "c", "d"), fc.integer({ min: 1, max: 3 })),
    );
    fc.assert(
      fc.property(anyAcks, fc.integer({ min: 1, max: 5 }), (given, limit) => {
        const acks = createWaitingAcks(limit);
        const newest = new Map<string, WaitingAck>();

        for (const [index, [device, nonce]] of given.entries()) {
          const ack = ackOf(device, nonce, index);
          acks.add(ack);
          newest.set(`${device} ${nonce}`, ack);
        }

        const taken = takeAll(acks);
        expect(taken.length).toBe(Math.min(limit, newest.size));
        for (const ack of taken) expect([...newest.values()]).toContainEqual(ack);
      }),
    );
  });
});
