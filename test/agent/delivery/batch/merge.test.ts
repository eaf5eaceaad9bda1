import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sortEntries } from "../../../../agent/delivery/batch/batch.ts";
import type { BootEntries } from "../../../../agent/delivery/batch/boot-entries.ts";
import { liveBoots, mergeBoots } from "../../../../agent/delivery/batch/merge.ts";
import type { PendingEntry } from "../../../../agent/delivery/batch/pending.ts";
import { bootOfEntries, entryAt } from "../../../support/any-batch.ts";
import { bootOf } from "../../../support/any-receipt.ts";

const dayMs = 86_400_000;

/** The entries of one boot with these stamps. */
const bootWith = (number: number, ...stamps: number[]): BootEntries =>
  bootOfEntries(
    stamps.map((epochMs, seq) => entryAt(epochMs, seq, { boot: bootOf(number) })),
    stamps.at(-1) ?? null,
  );

const newestMs = (boot: BootEntries): number => boot.lastUptimeMs() ?? 0;

const takeAll = (boots: readonly BootEntries[]): PendingEntry[] => {
  const merged = mergeBoots(boots);
  const taken: PendingEntry[] = [];
  for (let boot = merged.first(); boot !== null; boot = merged.first()) {
    taken.push(boot.entry());
    merged.advance();
  }
  return taken;
};

describe("merged boots", () => {
  it("give all entries in chronological order, equal stamps by boot and seq", () => {
    const anyBoots = fc.array(fc.array(fc.nat({ max: 20 }), { maxLength: 8 }), { maxLength: 9 });
    fc.assert(
      fc.property(anyBoots, (boots) => {
        const sorted = boots.map((stamps) => stamps.toSorted((left, right) => left - right));
        const open = () => sorted.map((stamps, number) => bootWith(number + 1, ...stamps));

        const taken = takeAll(open());

        const all = open().flatMap((boot) => takeAll([boot]));
        expect(taken).toEqual(sortEntries(all));
      }),
    );
  });
});

describe("live boots", () => {
  it("leave out those that have anything older", () => {
    const old = bootWith(1, 0, 3 * dayMs);
    const live = bootWith(2, 3 * dayMs - 5);

    expect(liveBoots([old, live], newestMs)).toEqual([live]);
  });

  it("are those within 24 h of the newest, and not 1 ms more", () => {
    const boots = [bootWith(1, 0), bootWith(2, 1), bootWith(3, dayMs + 1)];

    expect(liveBoots(boots, newestMs)).toEqual(boots.slice(1));
  });

  it("are all where every boot has something older", () => {
    const boots = [bootWith(1, 0, 3 * dayMs), bootWith(2, 5, 2 * dayMs)];

    expect(liveBoots(boots, newestMs)).toEqual(boots);
  });
});
