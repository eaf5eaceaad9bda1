import { describe, expect, it } from "vitest";
import { encodeFrame } from "../../shared/codec/encode.ts";
import { countedBoot, headerOf, payloadOf, replayed } from "../support/any-receipt.ts";
import { entriesBody, powerLossBody, seqEvent } from "../support/flash-device.ts";
import { startReceive } from "../support/started-receive.ts";

const boot = countedBoot(5);

/** A frame of the boot with the same name, all of whose events are later. */
const other = (first: number, count: number): Uint8Array => {
  const entries = Array.from({ length: count }, (_, index) => seqEvent(first + index, 9_000));
  return encodeFrame({ header: headerOf(boot, first, count), body: entriesBody(entries) });
};

const start = async () => {
  const rig = await startReceive();
  await rig.take(payloadOf(headerOf(boot, 0, 2)));
  await rig.take(payloadOf(headerOf(boot, 2, 2)));
  const letters = async (): Promise<unknown[]> =>
    (await rig.spool.deadLetters()).map(({ content }) => content);
  return { ...rig, letters };
};

const kept = (payload: Uint8Array): unknown => ({
  base64: Buffer.from(payload).toString("base64"),
});

describe("boot whose name comes twice", () => {
  it("has frames of the other kept as dead letters, counted and told, and acked then", async () => {
    const { take, letters, acks, metrics, troubles, framesOf } = await start();

    await take(other(0, 3));
    await take(other(3, 1));

    expect(await letters()).toEqual([kept(other(0, 3)), kept(other(3, 1))]);
    expect(acks.slice(2)).toMatchObject([
      { boot, next: 4, definitions: 0 },
      { boot, next: 4, definitions: 0 },
    ]);
    expect(metrics).toMatchObject({ framesDoubled: 2, framesDuplicate: 0, deadLetters: 2 });
    expect(troubles[0]).toContain("another boot has the name 5-f1a50000");
    expect(await framesOf("pump")).toHaveLength(2);
  });

  it("has the rest of them stored, with the definitions they bring", async () => {
    const { take, letters, acks, framesOf, metrics } = await start();

    await take(other(0, 6));
    await take(other(6, 1));

    expect(await letters()).toEqual([kept(other(0, 6))]);
    expect(await framesOf("pump")).toMatchObject([{}, {}, { from: 4, end: 6 }, { from: 6 }]);
    expect(acks.slice(2)).toMatchObject([
      { next: 6, definitions: 0 },
      { next: 7, definitions: 0 },
    ]);
    expect(metrics).toMatchObject({ framesDoubled: 1, framesStored: 4 });
  });

  it("is remembered over a restart", async () => {
    const { take, disk } = await start();
    await take(other(0, 2));

    const after = await startReceive({}, 100, disk.diskAfterPowerCut());
    await after.take(other(2, 2));

    expect(after.metrics).toMatchObject({ framesDoubled: 1, framesDuplicate: 0 });
  });

  it("is not seen in a frame that comes again, whoever sends it, or has given way", async () => {
    const { take, metrics, letters } = await start();

    await take(payloadOf({ ...headerOf(boot, 0, 2), sendUptimeMs: 70_000 }));
    await take(payloadOf(replayed(headerOf(boot, 0, 2))));
    await take(encodeFrame({ header: headerOf(boot, 0, 2), body: powerLossBody(2, 0) }));
    await take(other(2, 2));

    expect(await letters()).toEqual([]);
    expect(metrics).toMatchObject({ framesDoubled: 0, framesDuplicate: 4 });
  });
});
