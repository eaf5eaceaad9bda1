import { createJournal, type Journal } from "./journal/journal.ts";
import type { Platform } from "./platform.ts";
import { createPageFlash, type FlashModule, type FlashPages } from "./platforms/espruino-flash.ts";
import {
  createStorageFlash,
  type StorageAreas,
  type StorageModule,
} from "./platforms/espruino-storage.ts";

declare const exports: {
  openJournal: (
    platform: Pick<Platform, "uptimeMs" | "entropy">,
    options: EspruinoJournalOptions,
  ) => Journal;
};
declare const require: (name: string) => unknown;

/** An outbox in flash, on raw pages or in files; the `journal` of the logger's options. */
export interface EspruinoJournalOptions {
  flash?: FlashPages;
  storage?: StorageAreas;
  /** Bytes that may be written a day; 65,536. */
  dayBytes?: number;
  /** Asked before each writing: false while the battery is low. */
  mayWrite?: () => boolean;
}

/** What the logger's module asks for when the application wants a journal: without, it is never loaded. */
exports.openJournal = (platform, options) =>
  createJournal({
    platform,
    flash: options.flash
      ? createPageFlash(require("Flash") as FlashModule, options.flash)
      : createStorageFlash(require("Storage") as StorageModule, options.storage || {}),
    dayBytes: options.dayBytes || 0,
    mayWrite: options.mayWrite || null,
  });
