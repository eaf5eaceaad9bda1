import { type DecodedFrame, decodeFrame } from "../../../shared/codec/decode.ts";
import type { Lookup } from "../../../shared/definition.ts";
import type { DropCount, Entry, LogEvent } from "../../../shared/event.ts";
import type { Boot, FrameHeader } from "../../../shared/frame.ts";
import { textOfBoot } from "../../remembered.ts";
import type { IntentStamp } from "../../spool/intent.ts";
import type { NewFrame, StoredFrame } from "../../spool/spool.ts";
import {
  type Notice,
  noticeOfDrop,
  noticeOfPowerLoss,
  noticeOfRepeat,
  type Origin,
} from "../message/message.ts";
import { type Measurement, type MetricRule, measurementOf } from "../message/metric.ts";
import type { Formats } from "./formats.ts";
import type { Redact } from "./redact.ts";

/** A notice, and which seq it tells of. */
export interface Told {
  origin: Origin;
  notice: Notice;
}

/** A measurement, and what makes it a metric; without a rule it stays an event. */
export interface Measured {
  measurement: Measurement;
  rule: MetricRule | null;
}

/** What one seq, or one drop of many, becomes: stamped together, delivered together. */
export interface PendingEntry extends Origin {
  /** Names the boot among all. */
  bootKey: string;
  /** First seq beyond it. */
  next: number;
  frame: StoredFrame;
  /** What is said about the device's events: before the event, where there is one. */
  told: readonly Told[];
  /** What a device logged; null where it is only told about. */
  event: LogEvent | null;
  /** What the event measures, null for any other. */
  measured: Measured | null;
  /** Why its bytes are kept as a dead letter, null for what could be read. */
  unreadable: string | null;
  /** What it is sent with. */
  stamp: IntentStamp;
}

/** What it takes to read the frames of a boot. */
export interface Reading {
  /** Of the numbers that a frame does not define itself. */
  lookup: Lookup;
  formats: Pick<Formats, "siteOf">;
  metricRule: MetricRule;
  /** Null where nothing is secret. */
  redact: Redact | null;
}

/** Entries of one frame, each made when it is asked for. */
export interface FrameEntries {
  length: number;
  seqOf(index: number): number;
  /** Null where nobody knows. */
  uptimeOf(index: number): number | null;
  /** What a device logged, where there is no more to the entry: nothing told, nothing measured. */
  plainOf(index: number): LogEvent | null;
  entry(index: number, stamp: IntentStamp): PendingEntry;
}

/** Names a boot of a device among all. */
export const bootKeyOf = ({ device, boot }: { device: string; boot: Boot }): string =>
  `${device}/${textOfBoot(boot)}`;

const nothingTold: readonly Told[] = [];

type ClosedBoot = NewFrame["closes"][number];

/** A boot that did not say it was over: how much of it may be missing, as far as is known. */
const noticeOfClosed = ({ next, atMost, boots }: ClosedBoot): Notice => {
  const of = boots === undefined ? {} : { boots };
  if (atMost !== undefined) return { ...noticeOfPowerLoss(atMost), ...of };
  const tail = boots === undefined ? `tail unknown after seq ${next - 1}` : "tails unknown";
  const reason = next === 0 ? "never heard of" : tail;
  return { level: "warn", event: "boot_closed", reason, ...of };
};

/** What the session found when it stored this frame, told with the frame's first entry. */
const companions = (frame: StoredFrame): readonly Told[] => {
  const { device, boot, closes, lost, from, evicted = [], repeated = 0 } = frame;
  if (closes.length + lost + evicted.length + repeated === 0) return nothingTold;
  const found = closes.map((closed): Told => {
    const origin = { device, boot: closed.boot, seq: closed.next, uptimeMs: null };
    return { origin, notice: noticeOfClosed(closed) };
  });
  if (lost > 0) {
    const origin = { device, boot, seq: from - lost, uptimeMs: null };
    const reason = "agent_state_lost";
    found.push({ origin, notice: { level: "warn", event: "dropped", reason, count: lost } });
  }
  for (const { reason: detail, count } of evicted) {
    const origin = { device, boot, seq: from, uptimeMs: null };
    const reason = "dead_letter_evicted";
    found.push({ origin, notice: { level: "warn", event: "dropped", reason, count, detail } });
  }
  if (repeated > 0) {
    const origin = { device, boot, seq: from, uptimeMs: null };
    found.push({ origin, notice: noticeOfRepeat(repeated, "store_repaired") });
  }
  return found;
};

/**
 * A tombstone of which a part was stored before tells only how many seqs remain: by the reason of the
 * drop that stands for all of them, if there is one, else as a frame that gave way.
 */
const dropsOf = (
  frame: StoredFrame,
  { first, count: seqs }: FrameHeader,
  drops: DropCount[],
): Notice[] => {
  if (frame.from === first) return drops.map(noticeOfDrop);
  const count = frame.end - frame.from;
  const [drop] = drops;
  const reason = drop?.count === seqs ? drop.reason : "outbox_full";
  return reason === "power_loss"
    ? [noticeOfPowerLoss(count)]
    : [{ level: "warn", event: "dropped", reason, count }];
};

/** The one entry of a frame that has no events to tell apart. */
interface Whole {
  uptimeMs: number | null;
  notices: Notice[];
  unreadable: string | null;
}

const ofWhole = (
  frame: StoredFrame,
  bootKey: string,
  { uptimeMs, notices, unreadable }: Whole,
): FrameEntries => {
  const { device, boot, from: seq, end: next } = frame;
  const origin: Origin = { device, boot, seq, uptimeMs };
  const told = [...companions(frame), ...notices.map((notice) => ({ origin, notice }))];
  const fields = { ...origin, bootKey, next, frame, told, event: null, measured: null, unreadable };
  return {
    length: 1,
    seqOf: () => seq,
    uptimeOf: () => uptimeMs,
    plainOf: () => null,
    entry: (_, stamp) => ({ ...fields, stamp }),
  };
};

const measuredIn = (event: LogEvent, metricRule: MetricRule): Measured | null => {
  const measurement = event.site.isMetric === true ? measurementOf(event) : null;
  if (measurement === null) return null;
  return { measurement, rule: metricRule.admits(measurement) ? metricRule : null };
};

const ofEntries = (
  frame: StoredFrame,
  bootKey: string,
  { entries, skipped, metricRule }: { entries: Entry[]; skipped: number; metricRule: MetricRule },
): FrameEntries => {
  const { device, boot, from } = frame;
  const found = companions(frame);
  return {
    length: entries.length - skipped,
    seqOf: (index) => from + index,
    uptimeOf: (index) => (entries[index + skipped] as Entry).uptimeMs,
    plainOf(index) {
      const entry = entries[index + skipped] as Entry;
      if (entry.kind !== "event" || entry.site.isMetric === true) return null;
      return index > 0 || found.length === 0 ? entry : null;
    },
    entry(index, stamp) {
      const entry = entries[index + skipped] as Entry;
      const seq = from + index;
      const { uptimeMs } = entry;
      const event = entry.kind === "event" ? entry : null;
      const before = index === 0 ? found : nothingTold;
      const told =
        entry.kind === "drop"
          ? [
              ...before,
              { origin: { device, boot, seq, uptimeMs }, notice: noticeOfDrop(entry.drop) },
            ]
          : before;
      return {
        device,
        boot,
        seq,
        uptimeMs,
        bootKey,
        next: seq + 1,
        frame,
        told,
        event,
        measured: event === null ? null : measuredIn(event, metricRule),
        unreadable: null,
        stamp,
      };
    },
  };
};

const damaged = "its bytes changed on the agent's disk";

/** Takes a frame apart, from where it was new. `bootKey` is its boot's. */
export const openFrame = (
  frame: StoredFrame,
  bootKey: string,
  { lookup, formats, metricRule, redact }: Reading,
): FrameEntries => {
  const decoded: DecodedFrame | null = frame.isDamaged ? null : decodeFrame(frame.bytes, lookup);
  if (decoded === null || !decoded.ok) {
    const reason = decoded === null ? damaged : `${decoded.reason} at byte ${decoded.offset}`;
    const count = frame.end - frame.from;
    const notice: Notice = { level: "error", event: "dead_letter", reason, count };
    return ofWhole(frame, bootKey, { uptimeMs: null, notices: [notice], unreadable: reason });
  }
  const { body, header } = decoded.frame;
  if (body.kind === "tombstone") {
    const notices = dropsOf(frame, header, body.drops);
    return ofWhole(frame, bootKey, { uptimeMs: body.uptimeMs, notices, unreadable: null });
  }
  const skipped = frame.from - header.first;
  if (frame.dictionary !== undefined) {
    for (const entry of body.entries) {
      if (entry.kind === "event") entry.site = formats.siteOf(frame.dictionary, entry.site);
    }
  }
  if (redact !== null) {
    for (const entry of body.entries) if (entry.kind === "event") redact(entry);
  }
  return ofEntries(frame, bootKey, { entries: body.entries, skipped, metricRule });
};
