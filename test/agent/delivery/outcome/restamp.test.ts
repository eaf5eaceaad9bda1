import { describe, expect, it } from "vitest";
import type { StampRange } from "../../../../agent/delivery/batch/stamp-window.ts";
import { divide } from "../../../../agent/delivery/outcome/restamp.ts";
import { batchOf, entryAt } from "../../../support/any-batch.ts";

const hourMs = 3_600_000;
const nowMs = 10_000 * hourMs;
const range: StampRange = { leastMs: nowMs - 300 * hourMs, mostMs: nowMs + hourMs, nowMs };
const restamp = { mode: "restamp", range } as const;

const batchAt = (...stamps: number[]) => batchOf(stamps.map((ms, seq) => entryAt(ms, seq)));
const stampsOf = ({ rest }: ReturnType<typeof divide>) => rest.entries.map(({ stamp }) => stamp);

describe("refused stamps", () => {
  it("become those of the nearest accepted events, with the true ones beside them", () => {
    const batch = batchAt(10, 20, 30, 40);

    const division = divide(
      batch,
      4,
      { tooOldLogEventEndIndex: 1, tooNewLogEventStartIndex: 3 },
      restamp,
    );

    expect(stampsOf(division)).toMatchObject([
      { epochMs: 20, trueMs: 10 },
      { epochMs: 20, accepted: 1 },
      { epochMs: 30, accepted: 1 },
      { epochMs: 30, trueMs: 40 },
    ]);
    expect(division.refused.map(({ refusal }) => refusal)).toEqual(["tooOld", "tooNew"]);
  });

  it("become the oldest that is taken where none was accepted", () => {
    const division = divide(batchAt(10, 20), 2, { tooOldLogEventEndIndex: 2 }, restamp);

    expect(stampsOf(division)).toMatchObject([
      { epochMs: range.leastMs, trueMs: 10 },
      { epochMs: range.leastMs, trueMs: 20 },
    ]);
  });

  it("become now where the group's retention is shorter than 14 days", () => {
    const rejected = { tooOldLogEventEndIndex: 1, expiredLogEventEndIndex: 2 };

    const division = divide(batchAt(10, 20), 2, rejected, restamp);

    expect(stampsOf(division)).toMatchObject([{ epochMs: nowMs }, { epochMs: nowMs }]);
  });

  it("do not go back behind what was delivered of their boot", () => {
    const later = nowMs + hourMs;
    const { device, boot } = entryAt(0, 7);
    const progress = [{ device, boot, next: 7, stampMs: nowMs + 5 }];
    const batch = { ...batchOf([entryAt(later, 7), entryAt(later, 8)]), progress };

    const division = divide(batch, 2, { tooNewLogEventStartIndex: 0 }, restamp);

    expect(stampsOf(division)).toMatchObject([
      { epochMs: nowMs + 5, trueMs: later },
      { epochMs: nowMs + 5, trueMs: later },
    ]);
  });

  it("move on towards now when they are refused again, and keep the first true stamp", () => {
    const stamp = { epochMs: range.leastMs, errorMs: 1, quality: "synced", trueMs: 10 } as const;
    const batch = batchOf([entryAt(0, 0, { stamp })]);

    const division = divide(batch, 1, { expiredLogEventEndIndex: 1 }, restamp);

    expect(stampsOf(division)).toMatchObject([{ epochMs: nowMs, trueMs: 10 }]);
  });

  it("are dead letters once they are refused at now", () => {
    const stamp = { epochMs: nowMs - 1, errorMs: 1, quality: "synced", trueMs: 10 } as const;
    const batch = batchOf([entryAt(0, 0, { stamp }), entryAt(nowMs, 1)]);

    const division = divide(
      batch,
      2,
      { tooOldLogEventEndIndex: 1 },
      {
        mode: "restamp",
        range,
      },
    );

    expect(stampsOf(division)).toMatchObject([{ epochMs: nowMs, trueMs: 10 }, { accepted: 1 }]);
    const again = divide(division.rest, 1, { tooOldLogEventEndIndex: 1 }, restamp);
    expect(stampsOf(again)[0]?.refused).toBe("tooOld");
  });

  it("are dead letters at once where they are to be kept", () => {
    const division = divide(
      batchAt(10, 20),
      2,
      { tooOldLogEventEndIndex: 1 },
      {
        mode: "keep",
        range,
      },
    );

    expect(stampsOf(division)).toMatchObject([{ epochMs: 10, refused: "tooOld" }, { accepted: 1 }]);
  });
});
