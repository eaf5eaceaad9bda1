import {
  batchLimitBytes,
  batchLimitEvents,
  batchSpanLimitMs,
  eventOverheadBytes,
} from "../cloudwatch/limits.ts";
import type { Intent, IntentRun, Progress, StoredFrame } from "../spool/spool.ts";
import type { MessageForm } from "./message.ts";
import type { PendingEntry } from "./stamping.ts";
import type { LogStream } from "./stream.ts";

/** One event as PutLogEvents takes it. */
export interface OutgoingEvent {
  /** Epoch ms. */
  timestamp: number;
  message: string;
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

/** What waits in a lane and where it goes. */
export interface Cut {
  lane: string;
  form: MessageForm;
  frames: StoredFrame[];
  progress: Progress[];
  streamOf(epochMs: number): LogStream;
}

/** Chronological; equal stamps in the order of boot and seq, whatever arrived first. */
export const sortEntries = (entries: PendingEntry[]): PendingEntry[] =>
  entries.sort((left, right) => {
    if (left.stamp.epochMs !== right.stamp.epochMs) return left.stamp.epochMs - right.stamp.epochMs;
    if (left.bootKey !== right.bootKey) return left.bootKey < right.bootKey ? -1 : 1;
    return left.seq - right.seq;
  });

/**
 * Of sorted entries those within 24 hours of the newest, whose boots have nothing older: live traffic
 * that need not wait for a backlog. All entries where none has such a boot.
 */
export const newestSlice = (sorted: PendingEntry[]): PendingEntry[] => {
  const fromMs = (sorted.at(-1)?.stamp.epochMs ?? 0) - batchSpanLimitMs;
  const start = sorted.findIndex(({ stamp }) => stamp.epochMs >= fromMs);
  const behind = new Set(sorted.slice(0, start).map(({ bootKey }) => bootKey));
  const live = sorted.slice(start).filter(({ bootKey }) => !behind.has(bootKey));
  return live.length > 0 ? live : sorted;
};

/** Events of an entry that are still to be sent. */
export const eventsOf = (
  entry: PendingEntry,
  place: number,
  form: MessageForm,
): OutgoingEvent[] => {
  const { stamp } = entry;
  if (stamp.refused !== undefined) return [];
  return entry
    .messages(stamp, form)
    .slice(stamp.accepted ?? 0)
    .map((message) => ({ timestamp: stamp.epochMs, message, entry: place }));
};

const bytesOf = ({ message }: OutgoingEvent): number =>
  Buffer.byteLength(message) + eventOverheadBytes;

const sum = (events: OutgoingEvent[]): number =>
  events.reduce((bytes, event) => bytes + bytesOf(event), 0);

/** Streams differ by the day only. */
const dayOf = (epochMs: number): number => Math.floor(epochMs / 86_400_000);

/**
 * The first batch of sorted entries: oldest first, within CloudWatch's limits, within 24 hours, and
 * all of one stream. A first entry that exceeds the limits alone is a batch of its own.
 */
export const cutBatch = (sorted: PendingEntry[], cut: Cut): Batch => {
  const firstMs = sorted[0]?.stamp.epochMs ?? 0;
  const target = cut.streamOf(firstMs);
  const { lane, frames, progress } = cut;
  const batch: Batch = { lane, target, frames, progress, entries: [], events: [], isLast: false };
  let bytes = 0;
  for (const entry of sorted) {
    const events = eventsOf(entry, batch.entries.length, cut.form);
    bytes += sum(events);
    const isFull =
      bytes > batchLimitBytes || batch.events.length + events.length > batchLimitEvents;
    const isFar = entry.stamp.epochMs - firstMs > batchSpanLimitMs;
    const isElsewhere =
      dayOf(entry.stamp.epochMs) !== dayOf(firstMs) &&
      cut.streamOf(entry.stamp.epochMs).stream !== target.stream;
    if (batch.entries.length > 0 && (isFull || isFar || isElsewhere)) break;
    batch.entries.push(entry);
    for (const event of events) batch.events.push(event);
  }
  return batch;
};

/** How many events of the batch fit into one call: all, but where stamps or parts exceed the limits. */
export const callLength = ({ events }: Pick<Batch, "events">): number => {
  const firstMs = events[0]?.timestamp ?? 0;
  let bytes = 0;
  const end = events.findIndex((event, index) => {
    bytes += bytesOf(event);
    const isFar = event.timestamp - firstMs > batchSpanLimitMs;
    return index > 0 && (bytes > batchLimitBytes || index >= batchLimitEvents || isFar);
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

/** What must be known to send exactly this batch again. */
export const intentOf = ({ lane, target, entries }: Batch): Intent => {
  const entriesOf = new Map<string, PendingEntry[]>();
  for (const entry of entries) {
    const others = entriesOf.get(entry.bootKey);
    if (others === undefined) entriesOf.set(entry.bootKey, [entry]);
    else others.push(entry);
  }
  const runs = [...entriesOf.values()].map((ofBoot): IntentRun => {
    const inOrder = ofBoot.sort((left, right) => left.seq - right.seq);
    const { device, boot, seq } = inOrder[0] as PendingEntry;
    return { device, boot, from: seq, stamps: inOrder.map(({ stamp }) => stamp) };
  });
  return { lane, ...target, runs };
};
