import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FakeFlash, fakeFlash } from "../../support/fake-flash.ts";
import { journalHistory } from "../../support/journal-history.ts";
import { createRandom } from "../../support/random.ts";

const anyHalf = fc.constantFrom<"front" | "back">("front", "back");

const smallFlash = (erasesFirst: "front" | "back"): FakeFlash =>
  fakeFlash({ pages: 7, pageBytes: 512, erasesFirst });

/** What a history writes; an erasure counts as two bytes. */
const unitsOf = (seed: number, steps: number): number => {
  const flash = smallFlash("front");
  flash.failAfterBytes = 1e9;
  journalHistory(flash, createRandom(seed)).run(steps);
  return 1e9 - flash.failAfterBytes;
};

/** Lets power fail once in a history, and once more in what follows. */
const faultsOf = (seed: number, steps: number, cuts: number[], half: "front" | "back") => {
  const flash = smallFlash(half);
  const history = journalHistory(flash, createRandom(seed));
  let taken = 0;
  for (const cut of cuts.concat(Infinity)) {
    flash.failAfterBytes = cut;
    taken += history.run(steps - taken);
    flash.failAfterBytes = Infinity;
    history.check();
  }
  return history.faults;
};

describe("a power cut", () => {
  it("costs no more than the record it falls into, wherever in a history it falls", () => {
    fc.assert(
      fc.property(fc.integer(), anyHalf, (seed, half) => {
        const steps = 20;
        const units = unitsOf(seed, steps);
        for (let cut = 0; cut <= units; cut++) {
          expect(faultsOf(seed, steps, [cut], half), `cut after ${cut}`).toEqual([]);
        }
      }),
      { numRuns: 2 },
    );
  });

  it("costs no more where it follows another, in long histories", () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.array(fc.nat(3_000), { maxLength: 12 }),
        anyHalf,
        (seed, cuts, half) => {
          expect(faultsOf(seed, 150, cuts, half)).toEqual([]);
        },
      ),
      { numRuns: 100 },
    );
  });
});
