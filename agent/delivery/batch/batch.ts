import {
  batchLimitBytes,
  batchLimitEvents,
  batchSpanLimitMs,
  eventOverheadBytes,
} from "../../cloudwatch/limits.ts";
import type { Intent, IntentRun, IntentStamp, Progress, StoredFrame } from "../../spool/spool.ts";
import type { Writer, Written } from "../message/write.ts";
import type { LogStream } from "../stream.ts";
import type { Entries } from "./merge.ts";
import type { PendingEntry } from "./pending.ts";

/** One event as PutLogEvents takes it, but for its message. */
export interface OutgoingEvent {
  /** Epoch ms. */
  timestamp: number;
  /** Of its message, in UTF-8. */
  bytes: number;
  /** The entry it belongs to, by its place in the batch. */
  entry: number;
}

/** Entries that go to CloudWatch together: in one call, but where a single entry exceeds that. */
export interface Batch {
  lane: string;
  target: LogStream;
  /** The frames that were looked at, and how far their boots were delivered before. */
  frames: StoredFrame[];
  progress: Progress[];
  entries: PendingEntry[];
  /** Events of the entries that are neither accepted nor refused, in chronological order. */
  events: OutgoingEvent[];
  /** Nothing of the lane waits beyond this batch. */
  isLast: boolean;
}

/** Entries and their events, with the messages of these as JSON. */
export interface CutEntries extends Pick<Batch, "entries" | "events" | "target"> {
  json: string[];
  /** All entries there were. */
  isWhole: boolean;
}

export interface CutOptions {
  write: Writer;
  streamOf(epochMs: number): LogStream;
}

/** Events of an entry that are still to be sent. */
export const writtenOf = (entry: PendingEntry, write: Writer): readonly Written[] => {
  const { accepted, refused } = entry.stamp;
  if (refused !== undefined) return [];
  const written = write(entry);
  return accepted === undefined ? written : written.slice(accepted);
};

/** Streams differ by the day only. */
const dayMs = 86_400_000;

const add = (cut: CutEntries, entry: PendingEntry, written: readonly Written[]): void => {
  const place = cut.entries.push(entry) - 1;
  const { epochMs: timestamp } = entry.stamp;
  for (const { bytes, json } of written) {
    cut.events.push({ timestamp, bytes, entry: place });
    cut.json.push(json);
  }
};

/**
 * The first batch of entries: oldest first, within CloudWatch's limits, within 24 hours, and all of
 * one stream. A first entry that exceeds the limits alone is a batch of its own.
 */
export const cutBatch = (source: Entries, { write, streamOf }: CutOptions): CutEntries => {
  const first = source.next();
  const firstMs = first?.stamp.epochMs ?? 0;
  const target = streamOf(firstMs);
  const cut: CutEntries = { target, entries: [], events: [], json: [], isWhole: false };
  const dayEndMs = (Math.floor(firstMs / dayMs) + 1) * dayMs;
  let bytes = 0;
  for (let entry = first; entry !== null; entry = source.next()) {
    const written = writtenOf(entry, write);
    for (const event of written) bytes += event.bytes + eventOverheadBytes;
    const { epochMs } = entry.stamp;
    const isFull = bytes > batchLimitBytes || cut.events.length + written.length > batchLimitEvents;
    const isFar = epochMs - firstMs > batchSpanLimitMs;
    const isElsewhere = epochMs >= dayEndMs && streamOf(epochMs).stream !== target.stream;
    if (cut.entries.length > 0 && (isFull || isFar || isElsewhere)) return cut;
    add(cut, entry, written);
  }
  return { ...cut, isWhole: true };
};

/** Chronological; equal stamps in the order of boot and seq, whatever arrived first. */
export const sortEntries = (entries: PendingEntry[]): PendingEntry[] =>
  entries.sort((left, right) => {
    if (left.stamp.epochMs !== right.stamp.epochMs) return left.stamp.epochMs - right.stamp.epochMs;
    if (left.bootKey !== right.bootKey) return left.bootKey < right.bootKey ? -1 : 1;
    return left.seq - right.seq;
  });

/** All of these entries, whatever the limits. */
export const takeAll = (entries: PendingEntry[], write: Writer, target: LogStream): CutEntries => {
  const cut: CutEntries = { target, entries: [], events: [], json: [], isWhole: true };
  for (const entry of sortEntries(entries)) add(cut, entry, writtenOf(entry, write));
  return cut;
};

/** How many of these events fit into one call: all, but where stamps or parts exceed the limits. */
export const callLength = (events: readonly Omit<OutgoingEvent, "entry">[]): number => {
  const firstMs = events[0]?.timestamp ?? 0;
  let total = 0;
  const end = events.findIndex(({ bytes, timestamp }, index) => {
    total += bytes + eventOverheadBytes;
    const isFar = timestamp - firstMs > batchSpanLimitMs;
    return index > 0 && (total > batchLimitBytes || index >= batchLimitEvents || isFar);
  });
  return end < 0 ? events.length : end;
};

/**
 * The same entries, with the events at these places accepted. Of an entry only those before its first
 * event that is not accepted count: the rest is sent again.
 */
export const withAccepted = (batch: Batch, isAccepted: (index: number) => boolean): Batch => {
  const acceptedOf = new Map<number, number>();
  const waiting: OutgoingEvent[] = [];
  for (const [index, event] of batch.events.entries()) {
    const { entry } = event;
    if (!isAccepted(index) || waiting.at(-1)?.entry === entry) waiting.push(event);
    else acceptedOf.set(entry, (acceptedOf.get(entry) ?? 0) + 1);
  }
  const entries = batch.entries.map((entry, place) => {
    const count = acceptedOf.get(place);
    if (count === undefined) return entry;
    const accepted = (entry.stamp.accepted ?? 0) + count;
    return { ...entry, stamp: { ...entry.stamp, accepted } };
  });
  return { ...batch, entries, events: waiting };
};

interface Run {
  intended: IntentRun;
  lastSeq: number;
  isInOrder: boolean;
  entries: PendingEntry[];
}

const beginRun = ({ device, boot, seq }: PendingEntry): Run => {
  const intended = { device, boot, from: seq, stamps: [] };
  return { intended, lastSeq: -1, isInOrder: true, entries: [] };
};

/** Boots are in the order of seq, but where a stamp was revised. */
const stampsOf = ({ entries, intended, isInOrder }: Run): IntentRun => {
  if (!isInOrder) entries.sort((left, right) => left.seq - right.seq);
  const stamps = entries.map(({ stamp }): IntentStamp => stamp);
  return { ...intended, from: entries[0]?.seq ?? intended.from, stamps };
};

/** What must be known to send exactly this batch again. */
export const intentOf = ({ lane, target, entries }: Batch): Intent => {
  const runs = new Map<string, Run>();
  for (const entry of entries) {
    let run = runs.get(entry.bootKey);
    if (run === undefined) {
      run = beginRun(entry);
      runs.set(entry.bootKey, run);
    }
    run.isInOrder &&= entry.seq > run.lastSeq;
    run.lastSeq = entry.seq;
    run.entries.push(entry);
  }
  return { lane, ...target, runs: [...runs.values()].map(stampsOf) };
};
