import { describe, expect, it } from "vitest";
import { fakeFlash } from "../../support/fake-flash.ts";
import { type JournalStart, startJournal } from "../../support/journal-bench.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const dayBytes = 65_536;

/** Stores frames with errors, all of them freed at once, until one is refused. */
const writeAll = ({ journal, table, frame }: JournalStart): number => {
  const before = journal.stats().writtenBytes;
  for (let seq = 0; journal.store(frame(seq, ["last words"], "fatal"), table) >= 0; seq++) {
    journal.free(journal.boot, seq + 1);
  }
  return journal.stats().writtenBytes - before;
};

describe("journal's budget", () => {
  it("lets a start write a sixteenth of a day's bytes at once", () => {
    const start = startJournal(fakeFlash(), { dayBytes });

    const written = writeAll(start);

    expect(written).toBeGreaterThan(3_500);
    expect(written).toBeLessThan(4_400);
    expect(start.journal.stats().refused).toMatchObject({ flash_full: 0, flash_budget: 1 });
  });

  it("grows with uptime, to a day's bytes at most", () => {
    const start = startJournal(fakeFlash({ pageBytes: 4_096 }), { dayBytes });
    writeAll(start);

    start.clock.advance(dayMs / 8);
    const eighth = writeAll(start);
    start.clock.advance(30 * dayMs);
    const day = writeAll(start);

    expect(eighth / dayBytes).toBeCloseTo(1 / 8, 1);
    expect(day / dayBytes).toBeCloseTo(1, 1);
  });

  it("grows at the rate that was commanded, then at the program's own again", () => {
    const start = startJournal(fakeFlash({ pageBytes: 4_096 }), { dayBytes });
    writeAll(start);
    const day = (): number => {
      start.clock.advance(dayMs);
      return writeAll(start);
    };

    start.journal.setBudget?.(16_384);
    const commanded = day();
    start.journal.setBudget?.(0);
    const none = day();
    start.journal.setBudget?.(null);
    const own = day();

    expect(commanded / 16_384).toBeCloseTo(1, 1);
    expect(none).toBe(0);
    expect(own / dayBytes).toBeCloseTo(1, 1);
  });

  it("halves what a start may write with each in a row before it that died early", () => {
    const flash = fakeFlash({ pageBytes: 4_096 });

    const written = Array.from({ length: 8 }, () => writeAll(startJournal(flash, { dayBytes })));

    for (const [index, bytes] of written.slice(1).entries()) {
      expect(bytes).toBeLessThan((written[index] ?? 0) * 0.65);
    }
    expect(written[7]).toBe(0);
  });

  it("forgets the row once a start has lived for an hour and a half, or ended in good order", () => {
    const flash = fakeFlash({ pageBytes: 4_096 });
    for (let start = 0; start < 20; start++) startJournal(flash, { dayBytes });

    const poor = startJournal(flash, { dayBytes });
    const poorBytes = writeAll(poor);
    poor.clock.advance(1.5 * hourMs);
    poor.journal.reserve(100);
    const rich = startJournal(flash, { dayBytes });
    const richBytes = writeAll(rich);
    rich.journal.rest();

    expect(poorBytes).toBe(0);
    expect(richBytes).toBeGreaterThan(3_500);
    expect(writeAll(startJournal(flash, { dayBytes }))).toBeGreaterThan(3_500);
  });

  it("bounds what 10,000 starts in a row write, each with last words, reserving seqs as well", () => {
    const flash = fakeFlash({ pages: 18, pageBytes: 4_096 });

    for (let count = 0; count < 10_000; count++) {
      const { journal, table, frame } = startJournal(flash, { dayBytes });
      journal.store(frame(0, ["last words %d"], "fatal"), table);
    }
    const storing = flash.writtenBytes;
    for (let count = 0; count < 1_000; count++) {
      const { journal } = startJournal(flash, { dayBytes });
      for (let seq = 65; seq < 5_000; seq++) journal.reserve(seq);
    }

    expect(storing - 10_000).toBeLessThan(8_192 + 200);
    expect((flash.writtenBytes - storing) / 1_000).toBeLessThan(66);
    expect(flash.erases.slice(2).reduce((sum, count) => sum + count, 0)).toBeLessThan(20);
  });

  it("writes nothing while the application says no, not even to count the start", () => {
    const flash = fakeFlash();
    const before = startJournal(flash);
    before.journal.store(before.frame(0, ["kept"]), before.table);
    const written = flash.writtenBytes;

    const { journal, table, frame } = startJournal(flash, { nonce: 9, mayWrite: () => false });
    journal.store(frame(0, ["lost"], "fatal"), table);
    const earlier = journal.earlier();
    journal.free({ nonce: 7, number: 1 }, Infinity);

    expect(journal.boot).toEqual({ nonce: 9, number: 0 });
    expect(journal.stats().refused).toEqual({ flash_full: 0, flash_budget: 0, low_battery: 1 });
    expect(earlier?.frames).toHaveLength(1);
    expect(journal.earlier()).toBeNull();
    expect(journal.reserve(1_000)).toBe(true);
    expect(flash.writtenBytes).toBe(written);
  });

  it("asks the application anew each time, and is not stopped by its exceptions", () => {
    let answer: boolean | null = true;
    const mayWrite = (): boolean => {
      if (answer === null) throw new Error("no battery");
      return answer;
    };
    const { journal, table, frame } = startJournal(fakeFlash(), { mayWrite });

    answer = false;
    const low = journal.store(frame(0, ["a"]), table);
    const reserved = journal.reserve(100);
    answer = null;
    const unknown = journal.store(frame(1, ["b"]), table);

    expect([low, reserved]).toEqual([-1, false]);
    expect(unknown).toBeGreaterThan(0);
  });
});
