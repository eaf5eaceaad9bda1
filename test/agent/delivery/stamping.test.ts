import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StampRange } from "../../../agent/delivery/stamp-window.ts";
import { stampIntended, stampPending } from "../../../agent/delivery/stamping.ts";
import { entryAt } from "../../support/any-batch.ts";
import { bootOf } from "../../support/any-receipt.ts";

const entryOf = (seq: number, uptimeMs: number | null) => entryAt(0, seq, { uptimeMs });
const asIs = (_device: string, _boot: unknown, uptimeMs: number) =>
  ({ epochMs: uptimeMs, errorMs: 1, quality: "synced" }) as const;
const progressOf = (stampMs: number, trueMs?: number) => [
  {
    device: "pump",
    boot: bootOf(1),
    next: 0,
    stampMs,
    ...(trueMs === undefined ? {} : { trueMs }),
  },
];
const range: StampRange = { leastMs: 1_000, mostMs: 3_000, nowMs: 2_000 };

describe("stamps of what waits", () => {
  it("never run backwards within a boot, and the bound grows by what one was moved", () => {
    const stamps = stampPending([entryOf(0, 50), entryOf(1, 40)], [], asIs, null).map(
      ({ stamp }) => stamp,
    );

    expect(stamps).toMatchObject([
      { epochMs: 50, errorMs: 1 },
      { epochMs: 50, errorMs: 11 },
    ]);
  });

  it("go on from what was delivered", () => {
    const [entry] = stampPending([entryOf(0, 50)], progressOf(70), asIs, null);

    expect(entry?.stamp).toMatchObject({ epochMs: 70, errorMs: 21 });
  });

  it("are those of the entry before where nothing tells the time", () => {
    const entries = stampPending([entryOf(0, 50), entryOf(1, null)], [], asIs, null);

    expect(entries[1]?.stamp).toEqual({ epochMs: 50, errorMs: null, quality: "estimated" });
  });

  it("are the nearest in range, with the true stamp beside them", () => {
    const uptimes = [5, 7, 1_500, 9_000, 9_001];

    const stamps = stampPending(
      uptimes.map((ms, seq) => entryOf(seq, ms)),
      [],
      asIs,
      range,
    );

    expect(stamps.map(({ stamp }) => [stamp.epochMs, stamp.trueMs])).toEqual([
      [1_000, 5],
      [1_000, 7],
      [1_500, undefined],
      [2_000, 9_000],
      [2_000, 9_001],
    ]);
  });

  it("keep the true stamp when the batch before ended with another one", () => {
    const [entry] = stampPending([entryOf(0, 60)], progressOf(1_000, 50), asIs, range);

    expect(entry?.stamp).toMatchObject({ epochMs: 1_000, trueMs: 60, errorMs: 1 });
  });

  it("have a date whatever uptime a device claims, and never run backwards", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.maxSafeInteger(), fc.constant(null)), { minLength: 1 }),
        fc.constantFrom(range, null),
        (uptimes, within) => {
          const entries = uptimes.map((ms, seq) => entryOf(seq, ms));
          const sent = stampPending(entries, [], asIs, within).map(({ stamp }) => stamp.epochMs);

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
    const run = { device: "pump", boot: bootOf(1), from: 3, stamps };

    const entries = stampIntended(
      [2, 3, 4, 5].map((seq) => entryOf(seq, 0)),
      [run],
    );

    expect(entries.map(({ seq, stamp }) => [seq, stamp.epochMs])).toEqual([
      [3, 1],
      [4, 2],
    ]);
  });
});
