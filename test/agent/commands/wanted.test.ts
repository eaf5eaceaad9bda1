import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HeldCommand } from "../../../agent/commands/command.ts";
import {
  createWanted,
  isBootOf,
  isDue,
  nextOf,
  noteBrought,
  noteReturned,
  type Wanted,
} from "../../../agent/commands/wanted.ts";
import type { Boot } from "../../../shared/frame.ts";

const held = (id: number, expiresMs: number | null = null): HeldCommand => ({
  device: "pump-7",
  id,
  want: { kind: "level", level: "debug" },
  expiresMs,
});

const boot = (number: number): Boot => ({ nonce: 7, number });

/** A device that does what it is told by the protocol's rules, and an agent, with a bad network between. */
const createPair = (ids: number[]) => {
  let device = { boot: boot(1), ackId: 0, done: [] as number[] };
  let wanted: Wanted = createWanted(
    ids.map((id) => held(id)),
    null,
  );
  let lastAckId = 0;
  const frames: { boot: Boot; ackId: number }[] = [];
  const acks: { boot: Boot; ackId: number; id: number | undefined }[] = [];
  const wrongs: string[] = [];

  const takeFrame = (frame: { boot: Boot; ackId: number }): void => {
    if (!isBootOf(wanted, frame.boot)) wanted = createWanted(wanted.held, frame.boot);
    const isEchoed = noteReturned(wanted, frame.ackId);
    const isLive = isBootOf(wanted, device.boot);
    if (isEchoed && isLive && !device.done.includes(wanted.echoedId)) {
      wrongs.push(`${wanted.echoedId} echoed, ${device.done} done`);
    }
    const next = nextOf(wanted, 0);
    lastAckId++;
    if (next !== undefined) noteBrought(wanted, next.id, lastAckId);
    acks.push({ boot: frame.boot, ackId: lastAckId, id: next?.id });
  };
  const takeAck = ({ boot: theirs, ackId, id }: (typeof acks)[number]): void => {
    if (theirs.number !== device.boot.number) return;
    device.ackId = ackId;
    if (id !== undefined && id > (device.done.at(-1) ?? 0)) device.done.push(id);
  };
  const steps = {
    send: () => frames.push({ boot: device.boot, ackId: device.ackId }),
    arrive: (place: number) => frames.splice(place % (frames.length + 1), 1).forEach(takeFrame),
    arriveTwice: (place: number) => frames.slice(place % (frames.length + 1)).forEach(takeFrame),
    answer: (place: number) => acks.splice(place % (acks.length + 1), 1).forEach(takeAck),
    answerTwice: (place: number) => acks.slice(place % (acks.length + 1)).forEach(takeAck),
    loseFrame: () => frames.pop(),
    loseAck: () => acks.pop(),
    restartAgent() {
      wanted = createWanted(wanted.held, null);
      lastAckId += 256;
    },
    reboot() {
      device = { boot: boot(device.boot.number + 1), ackId: 0, done: [] };
    },
  };
  return { steps, wrongs, done: () => device.done, wanted: () => wanted, frames, acks };
};

type Steps = ReturnType<typeof createPair>["steps"];

const anyStep = fc.tuple(
  fc.constantFrom<keyof Steps>(
    ...(["send", "send", "arrive", "arriveTwice", "answer", "answerTwice"] as const),
    ...(["loseFrame", "loseAck", "restartAgent", "reboot"] as const),
  ),
  fc.nat({ max: 9 }),
);

describe("wanted", () => {
  it("is echoed by no boot that has not done it, and comes to the live one in order", () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 120 }), (history) => {
        const pair = createPair([3, 5, 9]);

        for (const [step, place] of history) pair.steps[step](place);
        pair.frames.length = 0;
        pair.acks.length = 0;
        for (let round = 0; round < 8; round++) {
          pair.steps.send();
          pair.steps.arrive(0);
          pair.steps.answer(0);
        }

        expect(pair.wrongs).toEqual([]);
        expect(pair.done()).toEqual([3, 5, 9]);
        expect(nextOf(pair.wanted(), 0)).toBeUndefined();
      }),
    );
  });

  it("passes over what has expired", () => {
    const wanted = createWanted([held(1, 1_000), held(2, 2_000), held(3)], boot(1));

    expect([999, 1_000, 2_000].map((nowMs) => nextOf(wanted, nowMs)?.id)).toEqual([1, 2, 3]);
  });

  it("takes no ack id for an echo that brought nothing, or that was never given", () => {
    const wanted = createWanted([held(1)], boot(1));
    noteBrought(wanted, 1, 5);
    noteBrought(wanted, 1, 6);
    noteBrought(wanted, 1, 4_102);

    expect([0, 4, 6, 5_000].map((ackId) => noteReturned(wanted, ackId))).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect(noteReturned(wanted, 4_102)).toBe(true);
  });

  it("takes no echo where the device has no id to return", () => {
    const wanted = createWanted([held(1)], boot(1));

    noteBrought(wanted, 1, 0);

    expect(noteReturned(wanted, 0)).toBe(false);
  });

  it("waits longer before each ack without a frame, up to five minutes", () => {
    const wanted = createWanted([held(1)], boot(1));
    const times: number[] = [];

    for (let nowMs = 0; nowMs < 1_300_000; nowMs += 5_000) {
      if (isDue(wanted, nowMs)) times.push(nowMs);
    }

    const pauses = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
    expect(pauses.slice(0, 4)).toEqual([10_000, 20_000, 40_000, 80_000]);
    expect(pauses.at(-1)).toBe(300_000);
  });
});
