import { describe, expect, it } from "vitest";
import { createPageFlash } from "../../../device/platforms/espruino-flash.ts";
import { fakeFlashModule } from "../../support/fake-storage.ts";
import { startJournal } from "../../support/journal-bench.ts";

describe("journal on Flash", () => {
  it("takes the board's own pages where it is not told their size", () => {
    const flash = createPageFlash(fakeFlashModule(0x60000, 16), { address: 0x60400, pages: 8 });

    expect(flash.pageBytes).toBe(1_024);
    expect(startJournal(flash).journal.boot.number).toBe(1);
  });

  it.each([
    ["no page's start", { address: 0x60404, pages: 8 }],
    ["not in flash", { address: 0x90000, pages: 8 }],
    [
      "of pages that are no multiple of the board's",
      { address: 0x60400, pages: 8, pageBytes: 1_536 },
    ],
  ])("touches nothing where the address is %s", (_, options) => {
    const memory = fakeFlashModule(0x60000, 32);
    const before = memory.read(32 * 1_024, 0x60000);

    const { journal, table, frame } = startJournal(createPageFlash(memory, options));
    journal.store(frame(0, ["lost"]), table);

    expect(journal.boot.number).toBe(0);
    expect(journal.stats().refused.flash_full).toBe(1);
    expect(memory.read(32 * 1_024, 0x60000)).toEqual(before);
  });
});
