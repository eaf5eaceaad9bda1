import { type Level, levels } from "../shared/event.ts";
import { type Boot, bootText } from "../shared/frame.ts";
import { flushAfterMs, windowFrames } from "../shared/limits.ts";
import { defaultPrefix, topicOf } from "../shared/topic.ts";
import type { Topics } from "./connection.ts";
import { createDelivery, type Delivery, eventLimitOf } from "./delivery.ts";
import { createMirror, type MirrorConsole } from "./mirror.ts";
import type { Host } from "./platform.ts";
import { createRecorder, type Recorder } from "./recorder.ts";
import { createTally, type Dropped, type Tally } from "./tally.ts";

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
}

export interface Logger extends LogMethods {
  /** Least severe level that is recorded. */
  level: Level;
  /** The logger of a module, `name` at most 64 characters; the same one each time for the first 16 names. */
  tag(name: string): TaggedLogger;
  /** Sends what waits as soon as the link allows. */
  flush(): void;
  stats(): Stats;
  /** Ends the boot; true once the agent has everything, false after `limitMs` (5,000). */
  close(limitMs?: number): Promise<boolean>;
}

export interface LoggerOptions {
  /** Id of the device: 1 to 64 of `[A-Za-z0-9._-]`; other characters become `_`. */
  device: string;
  /** Least severe level that is recorded; `info`. */
  level?: Level;
  /** First levels of the topics; `fleetlog/1`. */
  prefix?: string;
  /** Most bytes held for events without an ack; 65,536 on Node, 2,048 on Espruino. */
  outboxBytes?: number;
  /** How long an event may wait while frames can be sent; 5,000 ms. */
  flushAfterMs?: number;
  /** Frames without an ack at a time; 4. */
  windowFrames?: number;
  /** Shows each event on a console as well. */
  console?: MirrorConsole;
}

const tagLimit = 16;
const tagLimitCharacters = 64;
const closeLimitMs = 5_000;
const leastOutboxBytes = 512;

/** The id as topics allow it. */
export const cleanDevice = (device: unknown): string =>
  String(device || "device")
    .replace(/[^A-Za-z0-9._-]/g, "_")
    .slice(0, 64);

/** A boot is named when it is first asked for: by then a board has gathered more noise. */
const createBoot = (host: Host): (() => Boot) => {
  let boot: Boot | null = null;
  return () => {
    if (boot === null) boot = { nonce: host.platform.entropy(), number: 0 };
    return boot;
  };
};

const topicsOf = (prefix: string, device: string): Topics => ({
  up: topicOf(prefix, device, "up"),
  down: topicOf(prefix, device, "down"),
  state: topicOf(prefix, device, "state"),
});

interface MethodOptions {
  recorder: Recorder;
  tag: string;
  rootLevel: () => Level;
}

const addMethods = (target: { level: Level | null }, options: MethodOptions): void => {
  const methods = target as unknown as { [level in Level]: () => void };
  const addMethod = (level: Level, rank: number): void => {
    methods[level] = function () {
      if (rank < levels.indexOf(target.level || options.rootLevel())) return;
      options.recorder.record(level, options.tag, arguments);
    };
  };
  levels.forEach(addMethod);
};

const statsOf = (tally: Tally, delivery: Delivery, boot: Boot): Stats => {
  const stats = JSON.parse(JSON.stringify(tally)) as Stats;
  stats.boot = bootText(boot);
  stats.bytes = delivery.bytes();
  stats.pending = tally.logged - tally.acked;
  for (const reason in tally.dropped) {
    stats.pending -= tally.dropped[reason as keyof Dropped] as number;
  }
  return stats;
};

/** A logger on a host. `outboxBytes` is the host's default for the option of that name. */
export const createLoggerOn = (host: Host, options: LoggerOptions, outboxBytes: number): Logger => {
  const tally = createTally();
  const limitBytes = Math.max(leastOutboxBytes, options.outboxBytes || outboxBytes);
  const boot = createBoot(host);
  const delivery = createDelivery({
    host,
    tally,
    boot,
    topics: topicsOf(options.prefix || defaultPrefix, cleanDevice(options.device)),
    outboxBytes: limitBytes,
    flushAfterMs: options.flushAfterMs || flushAfterMs,
    windowFrames: options.windowFrames || windowFrames,
  });
  const recorder = createRecorder({
    platform: host.platform,
    delivery,
    tally,
    eventLimitBytes: eventLimitOf(limitBytes),
    mirror: options.console ? createMirror(options.console) : null,
  });
  const tags: { [key: string]: TaggedLogger } = {};
  let places = tagLimit;
  let closing: Promise<boolean> | null = null;

  const logger = {
    level: options.level || "info",
    tag(name: string): TaggedLogger {
      const text = String(name).slice(0, tagLimitCharacters);
      // Not the name itself: it might be one that every object has.
      const known = tags[`$${text}`];
      if (known) return known;
      const tagged = { level: null } as TaggedLogger;
      addMethods(tagged, { recorder, tag: text, rootLevel: () => logger.level });
      if (places-- > 0) tags[`$${text}`] = tagged;
      return tagged;
    },
    flush: () => delivery.flush(),
    stats: () => statsOf(tally, delivery, boot()),
    close(limitMs?: number): Promise<boolean> {
      if (closing === null) {
        recorder.stop();
        closing = new Promise((resolve) => delivery.close(limitMs || closeLimitMs, resolve));
      }
      return closing;
    },
  } as Logger;
  addMethods(logger, { recorder, tag: "", rootLevel: () => logger.level });
  return logger;
};
