import { describe, expect, it } from "vitest";
import {
  createBootEntries,
  drain,
  framesByBoot,
} from "../../../../agent/delivery/batch/boot-entries.ts";
import type { NextStamp } from "../../../../agent/delivery/batch/stamping.ts";
import { storedFrame } from "../../../support/any-batch.ts";
import { anyReading } from "../../../support/any-reading.ts";
import { bootOf, headerOf, payloadOf } from "../../../support/any-receipt.ts";

const frameOf = (from: number, count: number) => ({
  ...storedFrame("pump", from),
  end: from + count,
  bytes: payloadOf(headerOf(bootOf(1), from, count)),
});
const stampAt = (epochMs: number) => ({ epochMs, errorMs: 1, quality: "synced" as const });
const open = (next: number, nextStamp: NextStamp = stampAt) =>
  createBootEntries({
    bootKey: "pump/1",
    frames: [frameOf(0, 3), frameOf(3, 2), frameOf(5, 1)],
    next,
    nextStamp,
    reading: anyReading(),
  });

describe("entries of a boot", () => {
  it("are those of all its frames in the order of seq, from what is not delivered", () => {
    expect(drain(open(2)).map(({ seq, stamp }) => [seq, stamp.epochMs])).toEqual([
      [2, 2],
      [3, 3],
      [4, 4],
      [5, 5],
    ]);
  });

  it("are of a frame that changed on the disk all that is not delivered, as one", () => {
    const boot = createBootEntries({
      bootKey: "pump/1",
      frames: [{ ...frameOf(0, 5), lost: 3, isDamaged: true }, frameOf(5, 1)],
      next: 2,
      nextStamp: stampAt,
      reading: anyReading(),
    });

    const [rest, after] = drain(boot);

    expect(rest).toMatchObject({ seq: 2, next: 5, unreadable: expect.any(String) });
    expect(rest?.told.map(({ notice }) => notice)).toMatchObject([
      { event: "dead_letter", count: 3 },
    ]);
    expect(after).toMatchObject({ seq: 5, unreadable: null });
  });

  it("leave out those that get no stamp", () => {
    const boot = createBootEntries({
      bootKey: "pump/1",
      frames: [frameOf(0, 3), frameOf(3, 2)],
      next: 0,
      nextStamp: (seq) => (seq % 2 === 1 ? stampAt(seq) : null),
      reading: anyReading(),
    });

    expect(drain(boot).map(({ seq }) => seq)).toEqual([1, 3]);
  });

  it("ask for no stamp before its turn", () => {
    const asked: number[] = [];

    const boot = open(0, (seq) => {
      asked.push(seq);
      return stampAt(seq);
    });
    boot.advance();

    expect(asked).toEqual([0, 1]);
    expect([boot.seq, boot.uptimeMs, boot.stamp?.epochMs]).toEqual([1, 1, 1]);
  });

  it("know the last uptime while the first is at the head", () => {
    expect(open(0).lastUptimeMs()).toBe(5);
    expect(open(6).stamp).toBeNull();
  });
});

describe("frames by boot", () => {
  it("stay in their order, however boots and devices alternate", () => {
    const frames = [
      storedFrame("pump", 0),
      storedFrame("door", 0),
      storedFrame("pump", 0, bootOf(2)),
      storedFrame("pump", 1),
    ];

    expect([...framesByBoot(frames).values()]).toEqual([
      [frames[0], frames[3]],
      [frames[1]],
      [frames[2]],
    ]);
  });
});
