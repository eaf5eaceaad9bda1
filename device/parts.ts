import type { Level } from "../shared/event.ts";
import type { watchTroubles } from "./crash.ts";
import type { EspruinoJournalOptions } from "./espruino-journal.ts";
import type { Journal } from "./journal/journal.ts";
import type { Logger } from "./logger.ts";
import type { createMirror } from "./mirror.ts";
import type { Platform } from "./platform.ts";
import type { Recorder } from "./recorder.ts";
import type { Setup } from "./setup.ts";

/** What a logger may do without: a module for boards that leaves it out is smaller. */
export interface Parts {
  addMetric?: (logger: Logger, record: Recorder["record"]) => void;
  addCommands?: (setup: Setup, commanded: Commanded) => void;
  createMirror?: typeof createMirror;
  watchTroubles?: typeof watchTroubles;
  openJournal?: (
    platform: Pick<Platform, "uptimeMs" | "entropy">,
    options: EspruinoJournalOptions,
  ) => Journal;
}

/** What has a level: the logger, or a tag, which may leave it to the logger. */
export interface Leveled {
  level: Level | null;
}

/** What commands have an effect on. */
export interface Commanded {
  logger: { level: Level };
  /** By `$` and name. */
  tags: { [key: string]: Leveled };
  record: Recorder["record"];
  flush: () => void;
  onIdentify: (() => void) | undefined;
}
