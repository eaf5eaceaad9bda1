import { describe, expect, it } from "vitest";
import { createBodyWriter } from "../../../shared/codec/body-writer.ts";
import { fakeFlash } from "../../support/fake-flash.ts";
import { startJournal } from "../../support/journal-bench.ts";

const dayMs = 86_400_000;

/** A week of a device that is offline, with all its events in the journal: 8 sites, 3 numbers each. */
const offlineWeek = (eventsPerMinute: number) => {
  const flash = fakeFlash({ pages: 18, pageBytes: 4_096 });
  const { journal, table, clock, frame } = startJournal(flash, { dayBytes: 65_536 });
  const writer = createBodyWriter(table);
  const count = { events: 0, bodyBytes: 0, refused: 0 };
  let first = 0;
  const seal = (): void => {
    const held = frame(first, []);
    held.body = writer.seal();
    held.events = held.body.count;
    const isStored = journal.store(held, table) >= 0;
    if (isStored) count.bodyBytes += held.body.bytes.length;
    if (isStored) count.events += held.events;
    else count.refused += held.events;
    first += held.body.count;
    // Frames are as large as if an agent had the definitions.
    table.acked(table.assigned());
    journal.free(journal.boot, first);
  };
  for (let event = 0; event < eventsPerMinute * 60 * 24 * 7; event++) {
    clock.advance(60_000 / eventsPerMinute);
    journal.reserve(first + writer.count() + 1);
    const at = clock.uptimeMs();
    const values = [200 + (event % 7), 40 + (event % 5), event];
    writer.event(
      1,
      "pump",
      `state ${event % 8}: %d mbar, %d degrees, turn %d`,
      values,
      at,
      Infinity,
    );
    if (writer.length() > 480) seal();
  }
  const days = clock.uptimeMs() / dayMs;
  const areaErases = flash.erases.slice(2).reduce((sum, erases) => sum + erases, 0);
  return { ...count, writtenBytes: flash.writtenBytes, erasesADay: areaErases / days };
};

describe("journal's wear", () => {
  it("writes 1.36 bytes a byte of a frame, and wears 16 pages of a pump that is always offline", () => {
    const pump = offlineWeek(3);

    expect(pump.refused).toBe(0);
    expect(pump.writtenBytes / pump.bodyBytes).toBeCloseTo(1.36, 2);
    expect(pump.erasesADay).toBeCloseTo(11.1, 1);
  });

  it("never erases more than 17 pages a day, whatever is logged", () => {
    const flood = offlineWeek(20);

    expect(flood.refused).toBeGreaterThan(100_000);
    expect(flood.writtenBytes).toBeLessThan(7.2 * 65_536);
    expect(flood.erasesADay).toBeLessThan(17);
  });
});
