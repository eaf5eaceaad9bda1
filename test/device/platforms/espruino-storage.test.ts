import { describe, expect, it } from "vitest";
import { createStorageFlash } from "../../../device/platforms/espruino-storage.ts";
import { fakeStorage } from "../../support/fake-storage.ts";
import { startJournal } from "../../support/journal-bench.ts";

const areaBytes = 1_024;

describe("journal on Storage", () => {
  it("fills what room there is, then refuses, and never makes the engine compact", () => {
    const storage = fakeStorage(16_384);
    storage.take(4_000);
    let number = 0;

    for (let start = 0; start < 40; start++) {
      const flash = createStorageFlash(storage, { areas: 4, areaBytes });
      const { journal, table, frame } = startJournal(flash, { nonce: 5 });
      for (let seq = 0; seq < 20; seq++) journal.store(frame(seq, [`text ${seq}`]), table);
      for (let earlier = journal.earlier(); earlier; earlier = journal.earlier()) {
        journal.free(earlier.boot, Infinity);
      }
      journal.rest();
      number = journal.boot.number;
    }
    const flash = createStorageFlash(storage, { areas: 4, areaBytes });
    const { journal, table, frame } = startJournal(flash, { nonce: 5 });
    for (let seq = 0; seq < 40; seq++) journal.store(frame(seq, [`text ${seq}`]), table);

    expect(number).toBe(40);
    expect(storage.compactions).toBe(0);
    expect(journal.stats().refused.flash_full).toBeGreaterThan(0);
  });

  it("has room again once the application lets it compact", () => {
    const storage = fakeStorage(16_384);
    const flash = createStorageFlash(storage, { areas: 4, areaBytes });
    const { journal, table, frame } = startJournal(flash);
    let seq = 0;
    while (journal.stats().refused.flash_full === 0) {
      journal.store(frame(seq++, ["filled"], "error"), table);
      journal.free(journal.boot, seq);
    }

    journal.compact();

    expect(storage.compactions).toBe(1);
    expect(journal.store(frame(seq, ["again"], "error"), table)).toBeGreaterThan(0);
  });

  it("uses another name where it is told one", () => {
    const storage = fakeStorage();

    startJournal(createStorageFlash(storage, { name: "j", areas: 4 }));

    expect(storage.read("j0", 0, 4)).toBeDefined();
  });
});
