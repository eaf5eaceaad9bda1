import type { HeldFrame } from "../../device/held-frame.ts";
import type { Flash } from "../../device/journal/flash.ts";
import { createJournal, type Journal } from "../../device/journal/journal.ts";
import type { Platform } from "../../device/platform.ts";
import { createBodyWriter } from "../../shared/codec/body-writer.ts";
import type { StoredBody } from "../../shared/codec/sealed-body.ts";
import { createTable, kindOf, type Table } from "../../shared/codec/table.ts";
import type { Level } from "../../shared/event.ts";
import { type FakeClock, fakeClock } from "./fake-clock.ts";

/** One start of a device that has a journal, and what its frames are made of. */
export interface JournalStart {
  clock: FakeClock;
  platform: Platform;
  journal: Journal;
  table: Table;
  /** A frame of one event for each format, from seq `first` on. */
  frame(first: number, formats: string[], level?: Level): HeldFrame;
}

export interface JournalStartOptions {
  /** What the platform gives as entropy. */
  nonce?: number;
  dayBytes?: number;
  mayWrite?: () => boolean;
}

export const startJournal = (flash: Flash, options: JournalStartOptions = {}): JournalStart => {
  const clock = fakeClock();
  const platform: Platform = { ...clock, entropy: () => options.nonce ?? 7 };
  const table = createTable({ sites: 64, texts: 16 }, undefined);
  const writer = createBodyWriter(table);
  const { dayBytes = 1e9, mayWrite = () => true } = options;
  const journal = createJournal({ flash, platform, dayBytes, mayWrite });
  return {
    clock,
    platform,
    journal,
    table,
    frame(first, formats, level = "info") {
      for (const format of formats) {
        writer.event(kindOf(level, undefined), "", format, [], clock.uptimeMs(), Infinity);
      }
      return {
        first,
        uptimeMs: writer.startMs(),
        body: writer.seal(),
        events: formats.length,
        hasErrors: level === "error" || level === "fatal",
        drops: [],
        sends: 0,
        sentAtMs: 0,
        stored: null,
      };
    },
  };
};

/** The formats a frame names, in the order of their numbers. */
export const formatsOf = (read: StoredBody | null): string[] | null =>
  read?.meanings.map((meaning) => meaning.slice(3 + meaning.charCodeAt(2))) ?? null;
