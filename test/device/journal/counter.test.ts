import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { burn, countStart } from "../../../device/journal/counter.ts";
import { fakeFlash, PowerCut } from "../../support/fake-flash.ts";

const erasesOf = (flash: ReturnType<typeof fakeFlash>): number =>
  (flash.erases[0] ?? 0) + (flash.erases[1] ?? 0);

describe("start counter", () => {
  it("counts from 1, and keeps its nonce", () => {
    const flash = fakeFlash();

    const starts = [11, 12, 13].map((entropy) => countStart(flash, () => entropy));

    expect(starts.map((start) => [start?.nonce, start?.number])).toEqual([
      [11, 1],
      [11, 2],
      [11, 3],
    ]);
  });

  it("costs at most one erasure in 2,000 of 500,000 starts, on pages of 4,096 bytes", () => {
    const flash = fakeFlash({ pages: 4, pageBytes: 4_096 });

    let number = 0;
    for (let start = 1; start <= 500_000; start++) {
      number = countStart(flash, () => 5)?.number ?? 0;
      if (number !== start) break;
    }

    expect(number).toBe(500_000);
    expect(erasesOf(flash)).toBeLessThanOrEqual(250);
    expect(flash.writtenBytes).toBeLessThan(510_000);
  });

  it("begins anew under another nonce once flash was erased", () => {
    const flash = fakeFlash();
    countStart(flash, () => 11);

    flash.bytes.fill(255);

    expect(countStart(flash, () => 12)).toMatchObject({ nonce: 12, number: 1 });
  });

  it("begins anew under another nonce where a header in use was damaged", () => {
    const flash = fakeFlash({ pageBytes: 64 });
    for (let start = 0; start < 30; start++) countStart(flash, () => 11);

    flash.bytes[64 + 4] = 0;

    expect(countStart(flash, () => 12)).toMatchObject({ nonce: 12, number: 1 });
  });

  it("does not count where flash takes nothing", () => {
    const flash = fakeFlash();
    countStart(flash, () => 11);

    flash.isBroken = true;

    expect(countStart(flash, () => 12)).toBeNull();
  });

  it("says how many starts in a row died early, over its pages", () => {
    const flash = fakeFlash({ pageBytes: 64 });
    const rows: number[] = [];

    for (let number = 1; number <= 60; number++) {
      const start = countStart(flash, () => 11);
      rows.push(start?.shortRow ?? -1);
      if (number === 5 || number === 40) burn(flash, start?.restAt ?? -1);
    }

    const expected = rows.map((_, index) => {
      const lived = index >= 40 ? 40 : index >= 5 ? 5 : 0;
      return Math.min(13, index - lived);
    });
    expect(rows).toEqual(expected);
  });

  it("never gives two starts the same name, wherever power fails, and however often", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(60), { minLength: 1, maxLength: 60 }),
        fc.constantFrom<"front" | "back">("front", "back"),
        (cuts, erasesFirst) => {
          const flash = fakeFlash({ pageBytes: 64, erasesFirst });
          const names = new Set<string>();
          let nonce = 0;
          for (const cut of cuts) {
            flash.failAfterBytes = cut;
            for (;;) {
              try {
                const start = countStart(flash, () => ++nonce);
                const name = `${start?.number}-${start?.nonce}`;
                expect(names.has(name), name).toBe(false);
                names.add(name);
              } catch (fault) {
                if (!(fault instanceof PowerCut)) throw fault;
                break;
              }
            }
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it("keeps its nonce through every cut of power as it turns to its other page", () => {
    for (const erasesFirst of ["front", "back"] as const) {
      for (let cut = 0; cut < 40; cut++) {
        const flash = fakeFlash({ pageBytes: 64, erasesFirst });
        for (let start = 1; start <= 64; start++) countStart(flash, () => 11);
        flash.failAfterBytes = cut;
        try {
          for (;;) countStart(flash, () => 12);
        } catch {
          flash.failAfterBytes = Infinity;
        }

        expect(countStart(flash, () => 13)?.nonce, `cut after ${cut}`).toBe(11);
      }
    }
  });
});
