import { type DecodedFrame, decodeFrame } from "../../shared/codec/decode.ts";
import type { DropCount, Entry } from "../../shared/event.ts";
import { type Boot, bootText } from "../../shared/frame.ts";
import type { IntentStamp, Progress, StoredFrame } from "../spool/spool.ts";
import {
  eventMessages,
  type MessageForm,
  measurementMessages,
  type Notice,
  noticeMessages,
  noticeOfDrop,
  type Origin,
} from "./message.ts";
import { type MetricRule, measurementOf } from "./metric.ts";

/** What one seq, or one drop of many, becomes: stamped together, delivered together. */
export interface UnstampedEntry {
  device: string;
  boot: Boot;
  /** Names the boot among all. */
  bootKey: string;
  seq: number;
  /** First seq beyond it. */
  next: number;
  /** Null where nobody knows. */
  uptimeMs: number | null;
  frame: StoredFrame;
  /** Messages of CloudWatch events, in order; the same for the same stamp. */
  messages(stamp: IntentStamp, form: MessageForm): string[];
  /** What a device logged, as against what is said about it. */
  isEvent: boolean;
  /** A measurement that stays an event: it is none for CloudWatch, or of one series too many. */
  isMetricRefused: boolean;
  /** Events that were dropped, if that is what it tells. */
  drops: { reason: string; count: number }[];
  /** Why its bytes are kept as a dead letter, null for what could be read. */
  unreadable: string | null;
}

/** Names a boot of a device among all. */
export const bootKeyOf = ({ device, boot }: { device: string; boot: Boot }): string =>
  `${device}/${bootText(boot)}`;

interface Range {
  seq: number;
  next: number;
  uptimeMs: number | null;
}

const noticed = (frame: StoredFrame, range: Range, notices: Notice[]): UnstampedEntry => {
  const { device, boot } = frame;
  const origin: Origin = { device, boot, seq: range.seq, uptimeMs: range.uptimeMs };
  return {
    device,
    boot,
    bootKey: bootKeyOf(frame),
    frame,
    ...range,
    isEvent: false,
    isMetricRefused: false,
    drops: notices.flatMap(({ event, reason, count = 0 }) =>
      event === "dropped" ? [{ reason, count }] : [],
    ),
    unreadable: null,
    messages: (stamp, form) =>
      notices.flatMap((notice) => noticeMessages(notice, origin, stamp, form)),
  };
};

const ofEntry = (
  frame: StoredFrame,
  seq: number,
  entry: Entry,
  metricRule: MetricRule,
): UnstampedEntry => {
  const { uptimeMs } = entry;
  const range = { seq, next: seq + 1, uptimeMs };
  if (entry.kind === "drop") return noticed(frame, range, [noticeOfDrop(entry.drop)]);
  if (entry.kind === "end") return noticed(frame, range, []);
  const origin: Origin = { device: frame.device, boot: frame.boot, seq, uptimeMs };
  const measurement = measurementOf(entry);
  const event = { ...noticed(frame, range, []), isEvent: true };
  if (measurement === null) {
    return { ...event, messages: (stamp, form) => eventMessages(entry, origin, stamp, form) };
  }
  const rule = metricRule.admits(measurement) ? metricRule : null;
  return {
    ...event,
    isMetricRefused: rule === null,
    messages: (stamp, form) => measurementMessages(measurement, origin, stamp, { form, rule }),
  };
};

/** A tombstone of which a part was stored before tells only how many seqs remain. */
const dropsOf = (frame: StoredFrame, first: number, drops: DropCount[]): Notice[] =>
  frame.from === first
    ? drops.map(noticeOfDrop)
    : [{ level: "warn", event: "dropped", reason: "outbox_full", count: frame.end - frame.from }];

const ofFrame = (
  frame: StoredFrame,
  decoded: DecodedFrame,
  metricRule: MetricRule,
): UnstampedEntry[] => {
  const whole = { seq: frame.from, next: frame.end, uptimeMs: null };
  if (!decoded.ok) {
    const reason = `${decoded.reason} at byte ${decoded.offset}`;
    const count = frame.end - frame.from;
    const notice: Notice = { level: "error", event: "dead_letter", reason, count };
    return [{ ...noticed(frame, whole, [notice]), unreadable: reason }];
  }
  const { body, header } = decoded.frame;
  if (body.kind === "tombstone") {
    const notices = dropsOf(frame, header.first, body.drops);
    return [noticed(frame, { ...whole, uptimeMs: body.uptimeMs }, notices)];
  }
  return body.entries
    .slice(frame.from - header.first)
    .map((entry, index) => ofEntry(frame, frame.from + index, entry, metricRule));
};

/** What the session found when it stored this frame, told with the frame's first entry. */
const companions = (frame: StoredFrame): { origin: Origin; notice: Notice }[] => {
  const found: { origin: Origin; notice: Notice }[] = [];
  const { device, boot, closes, lost } = frame;
  if (closes !== null) {
    const reason = `tail unknown after seq ${closes.next - 1}`;
    const origin = { device, boot: closes.boot, seq: closes.next, uptimeMs: null };
    found.push({ origin, notice: { level: "warn", event: "boot_closed", reason } });
  }
  if (lost > 0) {
    const origin = { device, boot, seq: frame.from - lost, uptimeMs: null };
    const reason = "agent_state_lost";
    found.push({ origin, notice: { level: "warn", event: "dropped", reason, count: lost } });
  }
  return found;
};

const withCompanions = (entry: UnstampedEntry): UnstampedEntry => {
  const found = entry.seq === entry.frame.from ? companions(entry.frame) : [];
  if (found.length === 0) return entry;
  const lost = entry.frame.lost;
  return {
    ...entry,
    drops: lost > 0 ? [...entry.drops, { reason: "agent_state_lost", count: lost }] : entry.drops,
    messages: (stamp, form) => [
      ...found.flatMap(({ origin, notice }) => noticeMessages(notice, origin, stamp, form)),
      ...entry.messages(stamp, form),
    ],
  };
};

/** Entries of frames that are not delivered yet, in the order of the frames. */
export const undelivered = (
  frames: StoredFrame[],
  progress: Progress[],
  metricRule: MetricRule,
): UnstampedEntry[] => {
  const nextOf = new Map(progress.map((done) => [bootKeyOf(done), done.next]));
  return frames.flatMap((frame) => {
    const next = nextOf.get(bootKeyOf(frame)) ?? 0;
    if (frame.end <= next) return [];
    return ofFrame(frame, decodeFrame(frame.bytes), metricRule)
      .map(withCompanions)
      .filter((entry) => entry.seq >= next);
  });
};
