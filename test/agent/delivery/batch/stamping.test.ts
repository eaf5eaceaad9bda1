import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StampRange } from "../../../../agent/delivery/batch/stamp-window.ts";
import { createStamper, intendedStamps } from "../../../../agent/delivery/batch/stamping.ts";
import type { IntentStamp, Progress } from "../../../../agent/spool/intent.ts";
import { bootOf } from "../../../support/any-receipt.ts";

const asIs = (uptimeMs: number) => ({ epochMs: uptimeMs, errorMs: 1, quality: "synced" }) as const;
const doneAt = (stampMs: number, trueMs?: number): Progress => ({
  device: "pump",
  boot: bootOf(1),
  next: 0,
  stampMs,
  ...(trueMs === undefined ? {} : { trueMs }),
});
const range: StampRange = { leastMs: 1_000, mostMs: 3_000, nowMs: 2_000 };

/** Stamps entries with these uptimes, one after another. */
const stampAll = (
  uptimes: (number | null)[],
  { done, within = null }: { done?: Progress; within?: StampRange | null } = {},
): IntentStamp[] => {
  const nextStamp = createStamper({ readClock: asIs, done, range: within });
  return uptimes.flatMap((uptimeMs, seq) => nextStamp(seq, uptimeMs) ?? []);
};

describe("stamps of what waits", () => {
  it("never run backwards within a boot, and the bound grows by what one was moved", () => {
    const stamps = stampAll([50, 40]);

    expect(stamps).toMatchObject([
      { epochMs: 50, errorMs: 1 },
      { epochMs: 50, errorMs: 11 },
    ]);
  });

  it("go on from what was delivered", () => {
    const [stamp] = stampAll([50], { done: doneAt(70) });

    expect(stamp).toMatchObject({ epochMs: 70, errorMs: 21 });
  });

  it("are those of the entry before where nothing tells the time", () => {
    const stamps = stampAll([50, null]);

    expect(stamps[1]).toEqual({ epochMs: 50, errorMs: null, quality: "estimated" });
  });

  it("are the nearest in range, with the true stamp beside them", () => {
    const stamps = stampAll([5, 7, 1_500, 9_000, 9_001], { within: range });

    expect(stamps.map(({ epochMs, trueMs }) => [epochMs, trueMs])).toEqual([
      [1_000, 5],
      [1_000, 7],
      [1_500, undefined],
      [2_000, 9_000],
      [2_000, 9_001],
    ]);
  });

  it("keep the true stamp when the batch before ended with another one", () => {
    const [stamp] = stampAll([60], { done: doneAt(1_000, 50), within: range });

    expect(stamp).toMatchObject({ epochMs: 1_000, trueMs: 60, errorMs: 1 });
  });

  it("have a date whatever uptime a device claims, and never run backwards", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.maxSafeInteger(), fc.constant(null)), { minLength: 1 }),
        fc.constantFrom(range, null),
        (uptimes, within) => {
          const sent = stampAll(uptimes, { within }).map(({ epochMs }) => epochMs);

          for (const epochMs of sent) expect(() => new Date(epochMs).toISOString()).not.toThrow();
          expect(sent).toEqual(sent.toSorted((left, right) => left - right));
          expect(Math.min(...sent)).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });
});

describe("stamps of an intent", () => {
  it("belong to the entries from its first seq, and to no others", () => {
    const stamps = [1, 2].map((epochMs) => ({ epochMs, errorMs: 1, quality: "synced" }) as const);

    const nextStamp = intendedStamps(3, stamps);

    expect([2, 3, 4, 5].map((seq) => nextStamp(seq, 0)?.epochMs)).toEqual([
      undefined,
      1,
      2,
      undefined,
    ]);
  });
});
