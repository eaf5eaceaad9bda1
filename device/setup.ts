import { createTable, type Places, type Table } from "../shared/codec/table.ts";
import type { Command } from "../shared/downlink.ts";
import type { Boot } from "../shared/frame.ts";
import {
  flushAfterMs,
  frameLimitBytes,
  frameTargetBytes,
  headerLimitBytes,
  windowFrames,
} from "../shared/limits.ts";
import { type Channel, defaultPrefix, topicOf } from "../shared/topic.ts";
import type { Journal } from "./journal/journal.ts";
import type { Leveled, Parts } from "./parts.ts";
import type { Link, Platform } from "./platform.ts";
import { createSiteWatch, type RateLimit } from "./site-watch.ts";
import { createTally, type Tally } from "./tally.ts";

/** Where a logger runs. */
export interface Host {
  platform: Platform;
  link: Link;
  /** Size of the outbox where the application does not say. */
  defaultBytes: number;
  /** How many sites and texts it names by numbers. */
  places: Places;
  /** Where frames outlive a loss of power; null, as absent, for RAM alone. */
  journal?: Journal | null;
  /** Opens the journal anew, where a program may be saved and resumed: that counts another start. */
  openJournal?: () => Journal;
  /** Why this start came about, where the host can tell. */
  resetReason?: string;
  parts: Parts;
  /** Of each site, where the application does not say; none where absent. */
  rateLimit?: RateLimit;
}

/** What the application may choose. */
export interface SetupOptions {
  /** Id of the device: 1 to 64 of `[A-Za-z0-9._-]`; other characters become `_`. */
  device: string;
  /** First levels of the topics; `fleetlog/1`. */
  prefix?: string;
  /** Most bytes held for events without an ack; 65,536 on Node, 2,048 on Espruino, at least 512. */
  outboxBytes?: number;
  /** How long an event may wait while frames can be sent; 5,000 ms. */
  flushAfterMs?: number;
  /** Frames without an ack at a time; 4. */
  windowFrames?: number;
  /** How much each site may log; false for no limit. Of what exceeds it only `fatal` is recorded. */
  rateLimit?: RateLimit | false;
  /** Hash of the build-time dictionary that the formats refer to. */
  dictionary?: string;
  /** Version of the application, for the boot's first event. */
  firmware?: string;
}

/** What the parts of one logger share. */
export interface Setup {
  platform: Platform;
  link: Link;
  /** Null where frames are in RAM alone. */
  journal: Journal | null;
  tally: Tally;
  /** What is named by numbers. */
  table: Table;
  /** Most bytes held for events without an ack: `mostBytes`, or less while memory is short. */
  limitBytes: number;
  mostBytes: number;
  /** This boot, named when first asked for: by then a board has gathered more noise. */
  boot(): Boot;
  /** Ends the boot: the next one has another name, and counters of its own. */
  renew(): void;
  /** Entries of the boots before this one that the same program has had. */
  formerEntries: number;
  topic(channel: Channel): string;
  /** What a body aims at; only an event that is larger by itself exceeds it. */
  bodyBytes: number;
  /** Larger events are counted `too_large`. */
  eventLimitBytes: number;
  /** How long an event may wait while frames can be sent. */
  waitLimitMs: number;
  /** Frames without an ack at a time. */
  windowLimit: number;
  /** Takes a command of the agent. */
  onCommand(command: Command): void;
  /** The program has a logger for a tag. */
  onTag(name: string, target: Leveled): void;
  /** Records an event of the logger's own, format and values; where it is at work, after that. */
  notify(args: unknown[]): void;
}

const leastOutboxBytes = 512;

/** The id as topics allow it. */
export const cleanDevice = (device: string): string =>
  String(device || "device")
    .replace(/[^A-Za-z0-9._-]/g, "_")
    .slice(0, 64);

export const createSetup = (host: Host, options: SetupOptions): Setup => {
  const prefix = options.prefix || defaultPrefix;
  const device = cleanDevice(options.device);
  const limitBytes = Math.max(leastOutboxBytes, options.outboxBytes || host.defaultBytes);
  const journal = host.journal || null;
  const watch = createSiteWatch(
    host.places,
    options.rateLimit === undefined ? host.rateLimit : options.rateLimit,
  );
  const tally = createTally();
  let boot = journal ? journal.boot : undefined;

  return {
    platform: host.platform,
    link: host.link,
    journal,
    tally,
    formerEntries: 0,
    table: createTable(host.places, options.dictionary, watch),
    boot() {
      if (boot) return boot;
      // Its parts know the journal already: it becomes the new one where it is.
      if (journal && host.openJournal) {
        const opened = host.openJournal();
        for (const key in opened) (journal as never)[key] = opened[key as keyof Journal] as never;
      }
      boot = journal ? journal.boot : { nonce: host.platform.entropy(), number: 0 };
      return boot;
    },
    renew() {
      boot = undefined;
      tally.logged = tally.sent = tally.resent = tally.acked = 0;
      tally.dropped = {};
      delete tally.unreserved;
    },
    topic: (channel) => topicOf(prefix, device, channel),
    limitBytes,
    mostBytes: limitBytes,
    bodyBytes: Math.min(frameTargetBytes - headerLimitBytes, limitBytes / 4),
    eventLimitBytes: Math.min(frameLimitBytes - headerLimitBytes, limitBytes / 2),
    waitLimitMs: options.flushAfterMs || flushAfterMs,
    windowLimit: options.windowFrames || windowFrames,
    onCommand() {},
    onTag() {},
    notify() {},
  };
};
