import { describe, expect, it } from "vitest";
import { fakeFlash } from "../../support/fake-flash.ts";
import { formatsOf, startJournal } from "../../support/journal-bench.ts";

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
});
