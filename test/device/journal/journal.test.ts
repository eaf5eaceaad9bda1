import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EarlierBoot } from "../../../device/journal/journal.ts";
import { frameHeadBytes } from "../../../device/journal/store.ts";
import { createBodyWriter } from "../../../shared/codec/body-writer.ts";
import { createTable } from "../../../shared/codec/table.ts";
import { fakeFlash } from "../../support/fake-flash.ts";
import { formatsOf, type JournalStart, startJournal } from "../../support/journal-bench.ts";

const storeAll = ({ journal, table, frame }: JournalStart, formats: string[][]): number[] => {
  let first = 0;
  return formats.map((names) => {
    const place = journal.store(frame(first, names), table);
    first += names.length;
    return place;
  });
};

const firstsOf = (earlier: EarlierBoot | null): number[] =>
  (earlier?.frames ?? []).map((frame) => frame.first);

describe("journal", () => {
  it("gives a frame back to the next start, with all that it names", () => {
    const flash = fakeFlash();
    const before = startJournal(flash);
    before.clock.advance(5_000);
    const held = before.frame(0, ["valve %d open", "valve closed"]);

    before.journal.store(held, before.table);
    const after = startJournal(flash);
    const earlier = after.journal.earlier();

    expect(earlier).toMatchObject({
      boot: { nonce: 7, number: 1 },
      reserved: 64,
      durationMs: 5_000,
      frames: [{ first: 0, count: 2, events: 2, uptimeMs: 5_000 }],
      hasMore: false,
    });
    const read = after.journal.read(earlier?.frames[0]?.place ?? -1);
    expect(read).toMatchObject({ format: 2, bytes: held.body.bytes, numbers: [0, 1] });
    expect(formatsOf(read)).toEqual(["valve %d open", "valve closed"]);
  });

  it("gives back any meaning as the table has it", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 64 }),
        fc.string({ unit: "binary", maxLength: 200 }),
        fc.array(fc.integer(), { maxLength: 200 }),
        (tag, format, values) => {
          const { journal, table, frame } = startJournal(fakeFlash({ pageBytes: 4_096 }));
          const writer = createBodyWriter(table);
          writer.event(2, tag, format, values, 0, Infinity);
          const held = frame(0, []);
          held.body = writer.seal();

          const read = journal.read(journal.store(held, table));

          expect(read?.meanings).toEqual([table.meanings[0]]);
        },
      ),
    );
  });

  it("gives back texts that are named by numbers", () => {
    const { journal, table, frame } = startJournal(fakeFlash());
    const writer = createBodyWriter(table);
    for (let count = 0; count < 30; count++) {
      writer.event(1, "", "at %s", [count % 29 === 0 ? "küche" : `text ${count}`], 0, Infinity);
    }
    const held = frame(0, []);
    held.body = writer.seal();

    const read = journal.read(journal.store(held, table));

    expect(read?.meanings).toEqual([table.meanings[0], table.meanings[1]]);
    expect(table.meanings[1]?.charCodeAt(0)).toBe(6);
  });

  it("stores the build-time dictionary with each frame", () => {
    const { journal, frame } = startJournal(fakeFlash());
    const table = createTable({ sites: 4, texts: 0 }, "00112233445566aa");
    const writer = createBodyWriter(table);
    writer.event(1, "", "\u00011", [], 0, Infinity);
    const held = frame(0, []);
    held.body = writer.seal();

    const read = journal.read(journal.store(held, table));

    expect(read?.numbers).toEqual([0, 1]);
    expect(read?.meanings[0]).toContain("00112233445566aa");
  });

  it("writes a meaning once in an area, for all boots that name it there", () => {
    const flash = fakeFlash({ pageBytes: 4_096 });
    const format = "a format of some length, so that it is seen to be written only once";
    const written: number[] = [];

    for (let start = 0; start < 3; start++) {
      const before = flash.writtenBytes;
      storeAll(startJournal(flash), [[format], [format]]);
      written.push(flash.writtenBytes - before);
    }

    expect(written[0]).toBeGreaterThan(format.length + (written[1] ?? 0));
    expect(written[2]).toBe(written[1]);
  });

  it("lists the frames of a boot by seq, a few at a time", () => {
    const flash = fakeFlash();
    const { journal: first, table, frame } = startJournal(flash);
    for (const seq of [3, 1, 12, 0, 2, 11, 10, 9, 8, 7, 6, 5, 4]) {
      first.store(frame(seq, ["x"]), table);
    }

    const { journal } = startJournal(flash);
    const some = journal.earlier();
    journal.free({ nonce: 7, number: 1 }, 8);
    const rest = journal.earlier();

    expect([firstsOf(some), some?.hasMore]).toEqual([[0, 1, 2, 3, 4, 5, 6, 7], true]);
    expect([firstsOf(rest), rest?.hasMore]).toEqual([[8, 9, 10, 11, 12], false]);
  });

  it("replays the oldest boot first, and goes on once that is settled", () => {
    const flash = fakeFlash();
    const uptimes = [1_000, 2_000, 4_000];
    for (const ms of uptimes) {
      const start = startJournal(flash);
      start.clock.advance(ms);
      storeAll(start, [["x"]]);
    }

    const { journal } = startJournal(flash);
    const told: unknown[] = [];
    for (let earlier = journal.earlier(); earlier; earlier = journal.earlier()) {
      told.push([earlier.boot.number, earlier.durationMs, earlier.betweenMs, journal.heldFrom()]);
      journal.free(earlier.boot, Infinity);
    }

    expect(told).toEqual([
      [1, 1_000, 6_000, 1],
      [2, 2_000, 4_000, 2],
      [3, 4_000, 0, 3],
    ]);
    expect(journal.heldFrom()).toBe(4);
    expect(startJournal(flash).journal.earlier()).toBeNull();
  });

  it("tells of boots without a record only between those that have some", () => {
    const flash = fakeFlash();
    startJournal(flash);
    storeAll(startJournal(flash), [["x"]]);
    startJournal(flash);
    startJournal(flash);

    const { journal } = startJournal(flash);
    const told: unknown[] = [];
    for (let earlier = journal.earlier(); earlier; earlier = journal.earlier()) {
      told.push([earlier.boot.number, earlier.reserved, earlier.frames.length]);
      journal.free(earlier.boot, Infinity);
    }

    expect(told).toEqual([
      [2, 64, 1],
      [3, 64, 0],
      [4, 64, 0],
    ]);
  });

  it("does not forget that its own frames were freed", () => {
    const flash = fakeFlash();
    const start = startJournal(flash);
    storeAll(start, [["a"], ["b"], ["c"]]);

    start.journal.free(start.journal.boot, 2);

    expect(firstsOf(startJournal(flash).journal.earlier())).toEqual([2]);
  });

  it("leaves nothing of a boot that was closed in good order", () => {
    const flash = fakeFlash();
    const start = startJournal(flash);
    storeAll(start, [["a"]]);
    start.journal.reserve(500);

    start.journal.free(start.journal.boot, Infinity);

    expect(startJournal(flash).journal.earlier()).toBeNull();
  });

  it("reserves seqs in blocks, larger ones where they are used up fast", () => {
    const flash = fakeFlash();
    const { journal, clock } = startJournal(flash);
    const blocks: number[] = [];
    let written = flash.writtenBytes;
    for (let seq = 1; seq <= 10_000; seq++) {
      journal.reserve(seq);
      if (flash.writtenBytes > written) blocks.push(seq);
      written = flash.writtenBytes;
    }
    clock.advance(3_600_000);
    journal.reserve(20_000);

    expect(blocks).toEqual([65, 321, 833, 1_857, 3_905, 8_001]);
    expect(startJournal(flash).journal.earlier()?.reserved).toBe(20_000);
  });

  it("keeps going in a circle for ever as what it holds is freed", () => {
    const flash = fakeFlash({ pages: 6 });
    const { journal, table, frame } = startJournal(flash);

    for (let seq = 0; seq < 1_000; seq++) {
      expect(journal.reserve(seq + 1)).toBe(true);
      expect(journal.store(frame(seq, [`f${seq % 7}`]), table)).toBeGreaterThan(0);
      journal.free(journal.boot, seq - 3);
    }

    expect(Math.max(...flash.erases.slice(2)) - Math.min(...flash.erases.slice(2))).toBeLessThan(3);
    expect(firstsOf(startJournal(flash).journal.earlier())).toEqual([996, 997, 998, 999]);
  });

  it("keeps the last area for errors, and refuses what has no room", () => {
    const { journal, table, frame } = startJournal(fakeFlash({ pages: 6 }));
    let seq = 0;
    const fill = (level: "info" | "error"): number => {
      let stored = 0;
      while (journal.store(frame(seq++, ["a frame like any other"], level), table) >= 0) stored++;
      return stored;
    };

    const infos = fill("info");
    const errors = fill("error");

    expect(infos).toBeGreaterThan(20);
    expect(errors).toBeGreaterThan(8);
    expect(journal.stats().refused).toEqual({ flash_full: 2, flash_budget: 0, low_battery: 0 });
    journal.free(journal.boot, seq);
    expect(fill("info")).toBeGreaterThan(20);
  });

  it("does not store what no area can hold", () => {
    const { journal, table, frame } = startJournal(fakeFlash());

    expect(journal.store(frame(0, ["x".repeat(1_000)]), table)).toBe(-1);
    expect(journal.store(frame(0, ["short"]), table)).toBeGreaterThan(0);
  });

  it("does not take a record inside a frame's bytes for one of its own", () => {
    const flash = fakeFlash({ pageBytes: 4_096 });
    const first = startJournal(flash);
    const copy = flash.read(first.journal.store(first.frame(0, ["real"]), first.table), 64);
    const store = (start: JournalStart, bytes: Uint8Array): number => {
      const held = start.frame(0, ["x"]);
      held.body = { ...held.body, used: "", bytes };
      return start.journal.store(held, start.table);
    };
    const bodyAt = store(startJournal(flash.copy()), new Uint8Array(2_048)) + frameHeadBytes;
    const bytes = new Uint8Array(2_048);
    for (let at = 64 - (bodyAt % 64); at < 1_984; at += 64) bytes.set(copy, at);
    flash.failAfterBytes = 1_900;

    expect(() => store(startJournal(flash), bytes)).toThrow("power failed");
    flash.failAfterBytes = Infinity;
    const { journal } = startJournal(flash);

    expect(firstsOf(journal.earlier())).toEqual([0]);
    journal.free({ nonce: 7, number: 1 }, Infinity);
    expect(journal.earlier()?.frames).toEqual([]);
  });

  it("answers null for a frame that is damaged, or whose meanings are", () => {
    const flash = fakeFlash();
    const { journal, table, frame } = startJournal(flash);
    const place = journal.store(frame(0, ["abcdefgh"]), table);
    const other = journal.store(frame(1, ["ijklmnop"]), table);

    flash.bytes[place + 30] = 99;
    flash.bytes[flash.bytes.indexOf("p".charCodeAt(0))] = 0;

    expect(journal.read(place)).toBeNull();
    expect(journal.read(other)).toBeNull();
    expect(journal.read(5)).toBeNull();
  });

  it("loses only a damaged record, not those after it", () => {
    const flash = fakeFlash();
    const [, second] = storeAll(startJournal(flash), [["a"], ["b"], ["c"], ["d"]]);

    flash.bytes[(second ?? 0) + 20] = 99;

    expect(firstsOf(startJournal(flash).journal.earlier())).toEqual([0, 2, 3]);
  });

  it("replays what rests under a nonce that the counter has lost", () => {
    const flash = fakeFlash();
    storeAll(startJournal(flash, { nonce: 1 }), [["a"]]);

    flash.bytes.fill(255, 0, 2 * flash.pageBytes);
    const after = startJournal(flash, { nonce: 2 });
    storeAll(after, [["b"]]);

    expect(after.journal.boot).toEqual({ nonce: 2, number: 1 });
    expect(after.journal.heldFrom()).toBe(1);
    expect(after.journal.earlier()?.boot).toEqual({ nonce: 1, number: 1 });
  });

  it("erases what is free only when it is told to, or must", () => {
    const flash = fakeFlash({ pages: 6 });
    const start = startJournal(flash);
    let seq = 0;
    while (flash.erases.slice(2).filter((count) => count > 0).length < 3) {
      start.journal.store(start.frame(seq++, ["x"]), start.table);
    }
    const before = start.journal.stats().erases;
    start.journal.free(start.journal.boot, seq);
    const freed = start.journal.stats().erases;

    start.journal.compact();
    start.journal.compact();

    expect([before, freed, start.journal.stats().erases]).toEqual([3, 3, 5]);
  });
});
