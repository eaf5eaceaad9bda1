import { createJournal } from "../../device/journal/journal.ts";
import { createPageFlash, type FlashModule } from "../../device/platforms/espruino-flash.ts";
import { createStorageFlash, type StorageModule } from "../../device/platforms/espruino-storage.ts";
import { createBodyWriter } from "../../shared/codec/body-writer.ts";
import { createTable } from "../../shared/codec/table.ts";

declare const exports: { startBoard: (storage: StorageModule | null, flash: FlashModule) => void };
declare const print: (line: string) => void;
declare const E: { CRC32(bytes: Uint8Array): number };
declare const process: { memory(): { free: number } };

/*
 * One start of a board that has a journal: tells what the starts before have left, settles the oldest
 * of them, and leaves three frames itself. Runs on the engine, so it is written as the device is.
 */

/** What a start found. */
export interface BoardStart {
  number: number;
  heldFrom: number;
  /** Of the oldest boot: its number, what it reserved, and of each frame seq, CRC-32 and meanings. */
  earlier: [number, number, [number, number, string[]][]] | null;
  /** That opening the journal took. */
  variables: number;
}

exports.startBoard = (storage, pages) => {
  const platform = {
    uptimeMs: () => 1_000,
    after: () => 1,
    cancel: () => {},
    entropy: () => 77,
  };
  const free = process.memory().free;
  const flash = storage
    ? createStorageFlash(storage, { areas: 6, areaBytes: 2_048 })
    : createPageFlash(pages, { address: 0x10020000, pages: 8, pageBytes: 4_096 });
  const journal = createJournal({ flash, platform });
  const variables = free - process.memory().free;
  const heldFrom = journal.heldFrom();
  const oldest = journal.earlier();
  const found: [number, number, [number, number, string[]][]] | null = oldest
    ? [oldest.boot.number, oldest.reserved, []]
    : null;
  for (let index = 0; oldest && found && index < oldest.frames.length; index++) {
    const stored = oldest.frames[index] as { place: number; first: number };
    const read = journal.read(stored.place);
    if (read) found[2].push([stored.first, E.CRC32(read.bytes), read.meanings]);
  }
  if (oldest && journal.boot.number > 2) journal.free(oldest.boot, Infinity);
  const table = createTable({ sites: 16, texts: 4 }, undefined);
  const writer = createBodyWriter(table);
  for (let first = 0; first < 6; first += 2) {
    writer.event(1, "", "temp %d of %s", [first, "inlet"], 0, Infinity);
    writer.event(2, "pump", "r\xc3\xa9sum\xc3\xa9", [], 5, Infinity);
    const body = writer.seal();
    const frame = {
      first,
      uptimeMs: 0,
      body,
      events: 2,
      hasErrors: false,
      drops: [],
      sends: 0,
      sentAtMs: 0,
      stored: null,
    };
    journal.store(frame, table);
  }
  journal.reserve(100);
  journal.rest();
  const start: BoardStart = {
    number: journal.boot.number,
    heldFrom,
    earlier: found,
    variables,
  };
  print(`DONE ${JSON.stringify(start)}`);
};
