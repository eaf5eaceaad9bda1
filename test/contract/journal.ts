import { describe, expect, it } from "vitest";
import type { Journal } from "../../device/journal/journal.ts";
import { createBodyWriter } from "../../shared/codec/body-writer.ts";
import { createTable, type Table } from "../../shared/codec/table.ts";
import type { Boot } from "../../shared/frame.ts";
import { frameOf } from "../support/device-parts.ts";

/** A flash, and starts of a device on it. */
export interface JournalBench {
  /** Power comes back: the journal as the next start finds it. */
  start(): Journal;
}

/** A journal's frame of one event whose format says its seq, with the table it names that by. */
const framed = (first: number): { frame: ReturnType<typeof frameOf>; table: Table } => {
  const table = createTable({ sites: 8, texts: 0 }, undefined);
  const writer = createBodyWriter(table);
  writer.event(4, "", `event ${first} of %d`, [first], 10 * first, 1_000);
  return { frame: { ...frameOf(first, "fatal", 1), body: writer.seal() }, table };
};

const storeFrames = (journal: Journal, ...firsts: number[]): number[] =>
  firsts.map((first) => {
    const { frame, table } = framed(first);
    return journal.store(frame, table);
  });

const firstsOf = (journal: Journal): number[] =>
  (journal.earlier()?.frames ?? []).map(({ first }) => first);

/** Settles all boots before this one. */
const settle = (journal: Journal): Boot[] => {
  const settled: Boot[] = [];
  for (let left = journal.earlier(); left; left = journal.earlier()) {
    settled.push(left.boot);
    journal.free(left.boot, Infinity);
  }
  return settled;
};

/** What outbox and uplink rely on, whatever the flash is. */
export const journalContract = (name: string, open: () => JournalBench): void => {
  describe(`${name} as a journal`, () => {
    it("counts starts under one nonce", () => {
      const bench = open();

      const boots = [bench.start(), bench.start(), bench.start()].map(({ boot }) => boot);

      expect(boots.map(({ number }) => number)).toEqual([1, 2, 3]);
      expect(new Set(boots.map(({ nonce }) => nonce)).size).toBe(1);
    });

    it("has nothing of earlier boots at its first start", () => {
      const journal = open().start();

      expect(journal.earlier()).toBeNull();
      expect(journal.heldFrom()).toBe(1);
    });

    it("gives back what was stored, with its names, in this boot and the next", () => {
      const bench = open();
      const before = bench.start();
      const { frame, table } = framed(0);
      const place = before.store(frame, table);
      const now = before.read(place);

      const after = bench.start();
      const stored = after.earlier()?.frames[0];
      const later = after.read(stored?.place ?? -1);

      const rested = {
        format: frame.body.format,
        numbers: [0],
        meanings: [table.meanings[0]],
        bytes: frame.body.bytes,
      };
      expect(now).toEqual(rested);
      expect(later).toEqual(rested);
      expect(stored).toMatchObject({ first: 0, count: 1, events: 1 });
    });

    it("lists frames by seq, however they were stored, and all of them in time", () => {
      const bench = open();
      storeFrames(bench.start(), 3, 0, 5, 1, 4, 2, 9, 7, 8, 6, 10, 11);
      const journal = bench.start();
      const found: number[] = [];

      for (let left = journal.earlier(); left; left = journal.earlier()) {
        found.push(...left.frames.map(({ first }) => first));
        const next = (found.at(-1) as number) + 1;
        journal.free(left.boot, left.hasMore ? next : Infinity);
      }

      expect(found).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    });

    it("names the oldest boot that left frames, and each once that is settled", () => {
      const bench = open();
      for (let start = 0; start < 3; start++) storeFrames(bench.start(), 0);
      const journal = bench.start();

      const heldFrom = journal.heldFrom();
      const settled = settle(journal);

      expect(heldFrom).toBe(1);
      expect(settled.map(({ number }) => number)).toEqual([1, 2, 3]);
      expect(bench.start().earlier()?.boot.number ?? 4).toBe(4);
    });

    it("forgets frames below what is acked, over restarts as well", () => {
      const bench = open();
      storeFrames(bench.start(), 0, 1, 2);
      const journal = bench.start();
      journal.free((journal.earlier() as { boot: Boot }).boot, 2);

      expect(firstsOf(journal)).toEqual([2]);
      expect(firstsOf(bench.start())).toEqual([2]);
    });

    it("forgets what this boot's acks cover", () => {
      const bench = open();
      const journal = bench.start();
      storeFrames(journal, 0, 1, 2);

      journal.free(journal.boot, 2);

      expect(firstsOf(bench.start())).toEqual([2]);
    });

    it("remembers of a boot more seqs than it let it use", () => {
      const bench = open();
      const journal = bench.start();
      for (let next = 16; next < 2_000; next += 16) expect(journal.reserve(next)).toBe(true);

      const left = bench.start().earlier();

      expect(left?.reserved).toBeGreaterThanOrEqual(1_984);
      expect(left?.frames).toEqual([]);
    });

    it("counts the seqs of what it stores as used", () => {
      const bench = open();
      storeFrames(bench.start(), 300);

      expect(bench.start().earlier()?.reserved).toBeGreaterThanOrEqual(301);
    });

    it("leaves nothing of a boot that ended in good order", () => {
      const bench = open();
      const journal = bench.start();
      storeFrames(journal, 0, 1);
      journal.reserve(500);

      journal.free(journal.boot, Infinity);

      expect(firstsOf(bench.start())).toEqual([]);
    });
  });
};
