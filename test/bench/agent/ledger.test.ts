import { describe, expect, it } from "vitest";
import { createLedger, type LedgerVerdict } from "./ledger.ts";

const verdictOf = (seqs: readonly number[], logged: number): LedgerVerdict => {
  const ledger = createLedger();
  for (const seq of seqs) ledger.take(1, seq);
  return ledger.verdict([0, logged]);
};

const good = { events: 3, missing: 0, duplicates: 0, outOfOrder: 0 };

describe("ledger", () => {
  it("is good where each event came once, in order", () => {
    expect(verdictOf([0, 1, 2], 3)).toEqual(good);
  });

  it("counts what did not come, in between and at the end", () => {
    expect(verdictOf([0, 2], 5)).toEqual({ ...good, events: 2, missing: 3 });
  });

  it("counts each further copy", () => {
    expect(verdictOf([0, 1, 1, 0, 2], 3)).toEqual({ ...good, duplicates: 2 });
  });

  it("counts an event that came late, and does not miss it", () => {
    expect(verdictOf([0, 2, 1], 3)).toEqual({ ...good, outOfOrder: 1 });
  });

  it("misses all of a device that never came", () => {
    expect(createLedger().verdict([4])).toMatchObject({ events: 0, missing: 4 });
  });
});
