import { bootFormat, bootTag } from "../shared/boot-event.ts";
import type { Level } from "../shared/event.ts";
import { bootText } from "../shared/frame.ts";
import { createDelivery, type Delivery } from "./delivery.ts";
import type { Journal, JournalStats } from "./journal/journal.ts";
import { infoRank, warnRank } from "./rank.ts";
import { createRecorder, type Mirror, type Recorder } from "./recorder.ts";
import { createSetup, type Host, type Setup, type SetupOptions } from "./setup.ts";
import type { Dropped, Tally } from "./tally.ts";

/** Log methods. They never throw and never block; `format` is printf text that the agent renders. */
export interface LogMethods {
  debug(format: unknown, ...values: unknown[]): void;
  info(format: unknown, ...values: unknown[]): void;
  warn(format: unknown, ...values: unknown[]): void;
  error(format: unknown, ...values: unknown[]): void;
  fatal(format: unknown, ...values: unknown[]): void;
}

/** Logs for one module of the program. */
export interface TaggedLogger extends LogMethods {
  /** Least severe level that is recorded; null for the logger's own. */
  level: Level | null;
}

/** Counters since the start: logged = acked + pending + all dropped. */
export interface Stats extends Tally {
  /** This start of the device, as the agent names it. */
  boot: string;
  /** Bytes held for events without an ack. */
  bytes: number;
  /** Events without an ack. */
  pending: number;
  /** What flash is used for, where there is any. */
  flash?: JournalStats;
}

export interface Logger extends LogMethods {
  /** Least severe level that is recorded. */
  level: Level;
  /** The logger of a module, `name` at most 64 characters; the same one each time for the first 16 names. */
  tag(name: string): TaggedLogger;
  /**
   * Records a measurement, whatever the level: it becomes a CloudWatch metric. `unit` is one of
   * CloudWatch's, such as `Percent` or `Milliseconds`; another is kept beside the number.
   */
  metric(name: string, value: number, unit?: string): void;
  /** Sends what waits as soon as the link allows. */
  flush(): void;
  stats(): Stats;
  /**
   * Sends what waits, and calls back once: as soon as the agent has everything, or after `limitMs`
   * (5,000), or at once where the link cannot be used before that. No timer of the logger runs from
   * then on, until something is logged.
   */
  sleep(callback: () => void, limitMs?: number): void;
  /** Reclaims room in flash now, which may take long. Absent where the logger has no flash. */
  compact?(): void;
  /** Ends the boot; true once the agent has everything, false after `limitMs` (5,000). */
  close(limitMs?: number): Promise<boolean>;
}

export interface LoggerOptions extends SetupOptions {
  /** Least severe level that is recorded; `info`. */
  level?: Level;
  /** The agent wants the device to show itself: blink, beep. Never called from within a log call. */
  onIdentify?: () => void;
  /** Records an exception that nobody catches as `fatal`; the engine still reports it. */
  captureErrors?: boolean;
}

const stepFormat = "the clock was set by %d ms";

const tagLimit = 16;
const tagLimitCharacters = 64;
const closeLimitMs = 5_000;

/** Numbers of the levels, by name. */
const ranks: { [level in Level]: number } = { debug: 0, info: 1, warn: 2, error: 3, fatal: 4 };

// One by one, not in a loop, whose every turn would leave a board a scope to hold. Not by a function
// for all that filters: of a call that is not recorded it would be the greater part.
const addMethods = (
  target: LogMethods & { level: Level | null },
  root: { level: Level },
  tag: string,
  record: Recorder["record"],
): void => {
  target.debug = function () {
    if (!(ranks[target.level || root.level] > 0)) record(0, tag, arguments);
  };
  target.info = function () {
    if (!(ranks[target.level || root.level] > 1)) record(1, tag, arguments);
  };
  target.warn = function () {
    if (!(ranks[target.level || root.level] > 2)) record(2, tag, arguments);
  };
  target.error = function () {
    if (!(ranks[target.level || root.level] > 3)) record(3, tag, arguments);
  };
  target.fatal = function () {
    record(4, tag, arguments);
  };
};

const statsOf = (setup: Setup, delivery: Delivery): Stats => {
  const stats = JSON.parse(JSON.stringify(setup.tally)) as Stats;
  stats.boot = bootText(setup.boot());
  stats.bytes = delivery.bytes();
  if (setup.journal) stats.flash = setup.journal.stats();
  stats.pending = stats.logged - stats.acked;
  for (const reason in stats.dropped) {
    stats.pending -= stats.dropped[reason as keyof Dropped] as number;
  }
  return stats;
};

/** Apart, so that a logger without flash has none. */
const createCompact = (journal: Journal) => (): void => journal.compact();

/** Says how the boot began, where there is anything to say. */
const recordBoot = (
  host: Host,
  options: LoggerOptions,
  setup: Setup,
  record: Recorder["record"],
) => {
  const journal = setup.journal;
  if (!journal && !options.firmware && !host.resetReason) return;
  record(infoRank, bootTag, [
    bootFormat,
    journal ? setup.boot().number : 0,
    host.resetReason || "unknown",
    options.firmware || "unknown",
    journal ? journal.heldFrom() : 0,
  ]);
};

/** A logger on any host. */
export const createLoggerOn = (host: Host, options: LoggerOptions, mirror?: Mirror): Logger => {
  const setup = createSetup(host, options);
  const delivery = createDelivery(setup);
  const recorder = createRecorder(setup, delivery, mirror);
  const tags: { [key: string]: TaggedLogger } = {};
  let places = tagLimit;
  let closing: Promise<boolean> | undefined;

  const logger = {
    level: options.level || "info",
    tag(name) {
      const text = String(name).slice(0, tagLimitCharacters);
      // Not the name itself: it might be one that every object has.
      const key = `$${text}`;
      let tagged = tags[key];
      if (!tagged) {
        tagged = { level: null } as TaggedLogger;
        addMethods(tagged, logger, text, recorder.record);
        if (places-- > 0) {
          tags[key] = tagged;
          setup.onTag(text, tagged);
        }
      }
      return tagged;
    },
    flush: delivery.flush,
    sleep: delivery.sleep,
    stats: () => statsOf(setup, delivery),
    close(limitMs) {
      if (!closing) {
        recorder.stop();
        closing = new Promise((resolve) => delivery.close(limitMs || closeLimitMs, resolve));
      }
      return closing;
    },
  } as Logger;
  addMethods(logger, logger, "", recorder.record);
  const journal = setup.journal;
  if (journal) logger.compact = createCompact(journal);
  if (host.parts.addMetric) host.parts.addMetric(logger, recorder.record);
  if (host.parts.addCommands) {
    host.parts.addCommands(setup, {
      logger,
      tags,
      record: recorder.record,
      flush: delivery.flush,
      onIdentify: options.onIdentify,
    });
  }
  host.platform.onStep = (steppedMs) => setup.notify([stepFormat, steppedMs]);
  setup.notify = (args) => recorder.record(warnRank, bootTag, args);
  if (host.parts.watchTroubles) {
    host.parts.watchTroubles(setup, delivery, options.captureErrors ? recorder.record : null);
  }
  const begin = (): void => recordBoot(host, options, setup, recorder.record);
  if (host.platform.watchSave) host.platform.watchSave(delivery.renew, begin);
  begin();
  return logger;
};
