import {
  batchLimitBytes,
  batchLimitEvents,
  batchSpanLimitMs,
  eventOverheadBytes,
} from "../cloudwatch/limits.ts";
import type { Intent, IntentRun } from "../spool/spool.ts";
import type { MessageForm } from "./message.ts";
import { keyOf, type PendingEntry } from "./pending.ts";
import type { LogStream } from "./stream.ts";

/** One event as PutLogEvents takes it. */
export interface OutgoingEvent {
  /** Epoch ms. */
  timestamp: number;
  message: string;
  /** The entry it belongs to, by its place in the batch. */
  entry: number;
}

/** Entries that go to CloudWatch in one call. */
export interface Batch {
  lane: string;
  target: LogStream;
  entries: PendingEntry[];
  /** Events of the entries that are not accepted yet, in chronological order. */
  events: OutgoingEvent[];
}

export interface BatchLimits {
  form: MessageForm;
  /** Bytes of messages and 26 an event; less than CloudWatch's after it called a batch too large. */
  limitBytes: number;
  limitEvents: number;
}

export const fullBatch = (form: MessageForm): BatchLimits => ({
  form,
  limitBytes: batchLimitBytes,
  limitEvents: batchLimitEvents,
});

const byStamp = (left: PendingEntry, right: PendingEntry): number =>
  left.stamp.epochMs - right.stamp.epochMs;

/** Chronological, and in the order of seq within a boot: sorting is stable. */
export const sortEntries = (entries: PendingEntry[]): PendingEntry[] => entries.sort(byStamp);

const eventsOf = (entry: PendingEntry, place: number, form: MessageForm): OutgoingEvent[] =>
  entry.stamp.isAccepted
    ? []
    : entry.messages(entry.stamp, form).map((message) => ({
        timestamp: entry.stamp.epochMs,
        message,
        entry: place,
      }));

const sizeOf = (events: OutgoingEvent[]): number => {
  let bytes = 0;
  for (const { message } of events) bytes += Buffer.byteLength(message) + eventOverheadBytes;
  return bytes;
};

/**
 * The first batch of sorted entries: oldest first, within the limits, within 24 hours, and all of
 * one stream. A first entry that exceeds the limits alone is a batch of its own.
 */
export const cutBatch = (
  lane: string,
  sorted: PendingEntry[],
  limits: BatchLimits,
  streamOf: (epochMs: number) => LogStream,
): Batch => {
  const firstMs = sorted[0]?.stamp.epochMs ?? 0;
  const batch: Batch = { lane, target: streamOf(firstMs), entries: [], events: [] };
  let bytes = 0;
  for (const entry of sorted) {
    const events = eventsOf(entry, batch.entries.length, limits.form);
    bytes += sizeOf(events);
    const isFull =
      bytes > limits.limitBytes || batch.events.length + events.length > limits.limitEvents;
    if (batch.entries.length > 0 && (isFull || !isNear(entry, firstMs, batch.target, streamOf))) {
      break;
    }
    batch.entries.push(entry);
    for (const event of events) batch.events.push(event);
  }
  return batch;
};

const isNear = (
  { stamp }: PendingEntry,
  firstMs: number,
  target: LogStream,
  streamOf: (epochMs: number) => LogStream,
): boolean =>
  stamp.epochMs - firstMs <= batchSpanLimitMs && streamOf(stamp.epochMs).stream === target.stream;

/** What must be known to send exactly this batch again. */
export const intentOf = ({ lane, target, entries }: Batch): Intent => {
  const runs = new Map<string, IntentRun>();
  for (const { device, boot, seq, stamp } of entries) {
    const key = keyOf({ device, boot });
    const run = runs.get(key) ?? { device, boot, from: seq, stamps: [] };
    run.stamps.push(stamp);
    runs.set(key, run);
  }
  return { lane, ...target, runs: [...runs.values()] };
};
