import { describe, expect, it } from "vitest";
import { settlementOf } from "../../../../agent/delivery/outcome/settle.ts";
import { batchOf, entryAt, storedFrame } from "../../../support/any-batch.ts";
import { bootOf } from "../../../support/any-receipt.ts";

const boot = bootOf(1);

describe("settlement of a batch", () => {
  it("moves each boot behind its last entry and forgets the frames that are done", () => {
    const frame = { ...storedFrame("pump", 0), end: 3 };
    const batch = batchOf([entryAt(5, 0, { frame }), entryAt(7, 1, { frame })]);
    const other = entryAt(6, 0, { device: "door" });

    const settlement = settlementOf(
      { ...batch, entries: [...batch.entries, other], frames: [frame, other.frame] },
      [],
    );

    expect(settlement.progress).toEqual([
      { device: "pump", boot, next: 2, stampMs: 7 },
      { device: "door", boot, next: 1, stampMs: 6 },
    ]);
    expect(settlement.delivered).toEqual([other.frame]);
  });

  it("keeps the true stamp of a boot whose last stamp is another", () => {
    const stamp = { epochMs: 90, errorMs: 1, quality: "synced", trueMs: 5 } as const;

    const settlement = settlementOf(batchOf([entryAt(0, 0, { stamp })]), []);

    expect(settlement.progress).toEqual([
      { device: "pump", boot, next: 1, stampMs: 90, trueMs: 5 },
    ]);
  });

  it("never moves a boot back, whatever the order of the entries", () => {
    const settlement = settlementOf(batchOf([entryAt(9, 1), entryAt(9, 0)]), []);

    expect(settlement.progress).toMatchObject([{ next: 2 }]);
  });

  it("forgets frames that were delivered before", () => {
    const frame = storedFrame("pump", 3);
    const progress = [{ device: "pump", boot, next: 4, stampMs: 1 }];

    const settlement = settlementOf({ ...batchOf([]), frames: [frame], progress }, []);

    expect(settlement).toMatchObject({ progress: [], delivered: [frame] });
  });
});
