import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  callLength,
  cutBatch,
  intentOf,
  sortEntries,
  withAccepted,
} from "../../../../agent/delivery/batch/batch.ts";
import type { Entries } from "../../../../agent/delivery/batch/merge.ts";
import type { PendingEntry } from "../../../../agent/delivery/batch/pending.ts";
import { batchOf, entryAt, eventWith, writeValues } from "../../../support/any-batch.ts";
import { bootOf } from "../../../support/any-receipt.ts";
import { batchFacts } from "../../../support/cloudwatch-facts.ts";

const dayMs = 86_400_000;

const cutOf = (streamOf = (_epochMs: number) => ({ group: "g", stream: "s" })) => ({
  write: writeValues,
  streamOf,
});

const inTurn = (entries: PendingEntry[]): Entries => {
  const left = entries.values();
  return { next: () => left.next().value ?? null };
};

const seqs = (entries: PendingEntry[]): number[] => entries.map(({ seq }) => seq);
/** Boots of some devices, each with stamps that never run backwards. */
const anyEntries = () =>
  fc
    .array(fc.array(fc.nat({ max: 4 * dayMs }), { minLength: 1, maxLength: 12 }), {
      minLength: 1,
      maxLength: 5,
    })
    .map((boots) =>
      boots.flatMap((stamps, boot) =>
        stamps
          .toSorted((left, right) => left - right)
          .map((epochMs, seq) => entryAt(epochMs, seq, { boot: bootOf(boot + 1) })),
      ),
    );

/** Whether the taken entries are the first of each of their boots. */
const isPrefixOfBoots = (taken: PendingEntry[], all: PendingEntry[]): boolean =>
  taken.every((entry) =>
    all
      .filter((other) => other.bootKey === entry.bootKey && other.seq < entry.seq)
      .every((other) => taken.includes(other)),
  );

describe("batch", () => {
  it("takes the first entries of each boot, within 24 h, in order, whatever came first", () => {
    fc.assert(
      fc.property(
        anyEntries().chain((entries) =>
          fc.tuple(
            fc.constant(entries),
            fc.shuffledSubarray(entries, { minLength: entries.length }),
          ),
        ),
        ([entries, shuffled]) => {
          const batch = cutBatch(inTurn(sortEntries([...entries])), cutOf());
          const other = cutBatch(inTurn(sortEntries([...shuffled])), cutOf());

          const stamps = batch.events.map(({ timestamp }) => timestamp);
          expect(other.entries).toEqual(batch.entries);
          expect(isPrefixOfBoots(batch.entries, entries)).toBe(true);
          expect(stamps).toEqual(stamps.toSorted((left, right) => left - right));
          expect((stamps.at(-1) ?? 0) - (stamps[0] ?? 0)).toBeLessThanOrEqual(dayMs);
        },
      ),
    );
  });

  it("takes a span of 24 h, and not 1 ms more", () => {
    const sorted = [entryAt(0, 0), entryAt(dayMs, 1), entryAt(dayMs + 1, 2)];

    const batch = cutBatch(inTurn(sorted), cutOf());

    expect(seqs(batch.entries)).toEqual([0, 1]);
  });

  it("takes as many bytes as CloudWatch does, 26 more for each event", () => {
    const half = batchFacts.limitBytes / 2 - batchFacts.eventOverheadBytes;
    const sorted = ["é".repeat(half / 2), "x".repeat(half), "x"].map((message, seq) =>
      entryAt(0, seq, eventWith(message)),
    );

    const batch = cutBatch(inTurn(sorted), cutOf());

    expect(seqs(batch.entries)).toEqual([0, 1]);
  });

  it("takes 10,000 events, and not one more", () => {
    const sorted = Array.from({ length: 10_001 }, (_, seq) => entryAt(0, seq));

    const batch = cutBatch(inTurn(sorted), cutOf());

    expect(batch.events).toHaveLength(10_000);
  });

  it("ends where the day's stream does", () => {
    const sorted = [entryAt(dayMs - 2, 0), entryAt(dayMs - 1, 1), entryAt(dayMs, 2)];

    const batch = cutBatch(
      inTurn(sorted),
      cutOf((epochMs) => ({ group: "g", stream: new Date(epochMs).toISOString().slice(0, 10) })),
    );

    expect(seqs(batch.entries)).toEqual([0, 1]);
    expect(batch.target.stream).toBe("1970-01-01");
  });

  it("takes an entry that exceeds the limits alone by itself, to be sent in several calls", () => {
    const large = "x".repeat(batchFacts.limitBytes / 2);
    const sorted = [entryAt(0, 0, eventWith(large, large, "rest")), entryAt(0, 1)];

    const batch = cutBatch(inTurn(sorted), cutOf());

    expect(seqs(batch.entries)).toEqual([0]);
    expect(callLength(batch.events)).toBe(1);
  });
});

describe("batch accepted in part", () => {
  it("counts an entry's events up to the first that was not accepted", () => {
    const batch = batchOf([entryAt(0, 0, eventWith("a", "b", "c")), entryAt(0, 1)]);

    const rest = withAccepted(batch, (index) => index !== 1);

    expect(rest.entries.map(({ stamp }) => stamp.accepted)).toEqual([1, 1]);
    expect(rest.events).toEqual(batch.events.slice(1, 3));
  });

  it("adds to what was accepted before", () => {
    const stamp = { epochMs: 0, errorMs: 1, quality: "synced", accepted: 2 } as const;
    const batch = batchOf([entryAt(0, 0, { stamp })]);

    const rest = withAccepted(batch, () => true);

    expect(rest.entries[0]?.stamp.accepted).toBe(3);
    expect(rest.events).toEqual([]);
  });
});

describe("intent of a batch", () => {
  it("has the stamps of each boot in the order of seq, whatever the order of the entries", () => {
    const batch = batchOf([entryAt(5, 8), entryAt(6, 7), entryAt(6, 0, { boot: bootOf(2) })]);

    const intent = intentOf(batch);

    expect(
      intent.runs.map(({ from, stamps }) => [from, stamps.map(({ epochMs }) => epochMs)]),
    ).toEqual([
      [7, [6, 5]],
      [0, [6]],
    ]);
  });
});
