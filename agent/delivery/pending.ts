import { type DecodedFrame, decodeFrame } from "../../shared/codec/decode.ts";
import type { DropCount, Entry } from "../../shared/event.ts";
import { type Boot, bootText } from "../../shared/frame.ts";
import { clampStamp, type Stamp } from "../clock.ts";
import type { IntentStamp, Progress, StoredFrame } from "../spool/spool.ts";
import {
  eventMessage,
  type MessageForm,
  type Notice,
  noticeMessage,
  noticeOfDrop,
  type Origin,
} from "./message.ts";

/** What one seq, or one drop of many, becomes: stamped together, delivered together. */
export interface PendingEntry {
  device: string;
  boot: Boot;
  seq: number;
  /** First seq beyond it. */
  next: number;
  stamp: IntentStamp;
  frame: StoredFrame;
  /** Messages of CloudWatch events, in order. */
  messages(stamp: IntentStamp, form: MessageForm): string[];
  /** What a device logged, as against what is said about it. */
  isEvent: boolean;
  /** Events that were dropped, if that is what it tells. */
  drops: { reason: string; count: number }[];
  /** Why its bytes are kept as a dead letter, null for what could be read. */
  unreadable: string | null;
}

/** Stamps an uptime of a device's boot, as well as is known now. */
export type StampUptime = (device: string, boot: Boot, uptimeMs: number) => Stamp;

type Unstamped = Omit<PendingEntry, "stamp"> & { uptimeMs: number | null };

const originOf = (entry: Unstamped): Origin => entry;

const noticed = (
  frame: StoredFrame,
  range: { seq: number; next: number; uptimeMs: number | null },
  notices: Notice[],
): Unstamped => {
  const entry: Unstamped = {
    device: frame.device,
    boot: frame.boot,
    frame,
    ...range,
    isEvent: false,
    drops: notices.flatMap(({ event, reason, count = 0 }) =>
      event === "dropped" ? [{ reason, count }] : [],
    ),
    unreadable: null,
    messages: (stamp, form) =>
      notices.map((notice) => noticeMessage(notice, originOf(entry), stamp, form)),
  };
  return entry;
};

const ofEntry = (frame: StoredFrame, seq: number, entry: Entry): Unstamped => {
  const range = { seq, next: seq + 1, uptimeMs: entry.uptimeMs };
  if (entry.kind === "drop") return noticed(frame, range, [noticeOfDrop(entry.drop)]);
  if (entry.kind === "end") return noticed(frame, range, []);
  const pending: Unstamped = {
    ...noticed(frame, range, []),
    isEvent: true,
    messages: (stamp, form) => [eventMessage(entry, originOf(pending), stamp, form)],
  };
  return pending;
};

/** A tombstone of which a part was stored before tells only how many seqs remain. */
const dropsOf = (frame: StoredFrame, first: number, drops: DropCount[]): Notice[] =>
  frame.from === first
    ? drops.map(noticeOfDrop)
    : [{ level: "warn", event: "dropped", reason: "outbox_full", count: frame.end - frame.from }];

const ofFrame = (frame: StoredFrame, decoded: DecodedFrame): Unstamped[] => {
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
    .map((entry, index) => ofEntry(frame, header.first + index, entry))
    .slice(frame.from - header.first);
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

const withCompanions = (entry: Unstamped): Unstamped => {
  const found = entry.seq === entry.frame.from ? companions(entry.frame) : [];
  if (found.length === 0) return entry;
  const lost = entry.frame.lost;
  return {
    ...entry,
    drops: lost > 0 ? [...entry.drops, { reason: "agent_state_lost", count: lost }] : entry.drops,
    messages: (stamp, form) => [
      ...found.map(({ origin, notice }) => noticeMessage(notice, origin, stamp, form)),
      ...entry.messages(stamp, form),
    ],
  };
};

/** Entries of frames that are not delivered yet, in the order of the frames. */
const undelivered = (frames: StoredFrame[], progress: Progress[]): Unstamped[] => {
  const nextOf = new Map(progress.map((done) => [keyOf(done), done.next]));
  return frames.flatMap((frame) => {
    const next = nextOf.get(keyOf(frame)) ?? 0;
    return ofFrame(frame, decodeFrame(frame.bytes))
      .map(withCompanions)
      .filter((entry) => entry.seq >= next);
  });
};

/** Names a boot of a device among all. */
export const keyOf = ({ device, boot }: { device: string; boot: Boot }): string =>
  `${device}/${bootText(boot)}`;

/**
 * Stamps what waits. Within a boot stamps never run backwards: where they would, the stamp is that
 * of the entry before and the bound grows by the difference. What has no uptime takes the stamp
 * before it.
 */
export const stampPending = (
  frames: StoredFrame[],
  progress: Progress[],
  stampUptime: StampUptime,
): PendingEntry[] => {
  const lastMs = new Map(progress.map((done) => [keyOf(done), done.stampMs]));
  return undelivered(frames, progress).map(({ uptimeMs, ...entry }) => {
    const key = keyOf(entry);
    const beforeMs = lastMs.get(key) ?? 0;
    const stamp = clampStamp(beforeMs, untimedOr(uptimeMs, beforeMs, entry, stampUptime));
    lastMs.set(key, stamp.epochMs);
    return { ...entry, stamp };
  });
};

const untimedOr = (
  uptimeMs: number | null,
  beforeMs: number,
  { device, boot }: { device: string; boot: Boot },
  stampUptime: StampUptime,
): Stamp => {
  if (uptimeMs !== null) return stampUptime(device, boot, uptimeMs);
  const epochMs = beforeMs > 0 ? beforeMs : stampUptime(device, boot, 0).epochMs;
  return { epochMs, errorMs: null, quality: "estimated" };
};

/** Entries with the stamps an intent gave them; those it does not name are left out. */
export const stampIntended = (
  frames: StoredFrame[],
  progress: Progress[],
  stampsOf: Map<string, { from: number; stamps: IntentStamp[] }>,
): PendingEntry[] => {
  const usedOf = new Map<string, number>();
  return undelivered(frames, progress).flatMap(({ uptimeMs: _uptimeMs, ...entry }) => {
    const key = keyOf(entry);
    const run = stampsOf.get(key);
    const used = usedOf.get(key) ?? 0;
    const stamp = run === undefined || entry.seq < run.from ? undefined : run.stamps[used];
    if (stamp === undefined) return [];
    usedOf.set(key, used + 1);
    return [{ ...entry, stamp }];
  });
};
