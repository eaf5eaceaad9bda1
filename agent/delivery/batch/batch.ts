import {
  batchLimitBytes,
  batchLimitEvents,
  batchSpanLimitMs,
  eventOverheadBytes,
} from "../../cloudwatch/limits.ts";
import type { Intent, IntentRun, Progress, Repeated } from "../../spool/intent.ts";
import type { StoredFrame } from "../../spool/spool.ts";
import { packStamps } from "../../spool/stamps.ts";
import type { Writer, Written } from "../message/write.ts";
import type { LogStream } from "../stream.ts";
import type { PendingEntry } from "./pending.ts";
import { entryOfRepeat } from "./repeat.ts";

/** One event as PutLogEvents takes it, but for its message. */
export interface OutgoingEvent {
  /** Epoch ms. */
  timestamp: number;
  /** Of its message, in UTF-8. */
  bytes: number;
  /** The entry it belongs to, by its place in the batch; null for what is told of repeated events. */
  entry: number | null;
  /** Where it goes. */
  target: LogStream;
}

/** Where the event of an entry goes that does not go home; null for all others. */
export type Elsewhere = (entry: PendingEntry) => LogStream | null;

/** Entries that go to CloudWatch together: in one call, but where a single entry exceeds that. */
export interface Batch {
  lane: string;
  /** The lane's stream: of all events but those that rules send elsewhere. */
  home: LogStream;
  /** Of the next call. */
  target: LogStream;
  elsewhere: Elsewhere;
  /** The frames that were looked at, and how far their boots were delivered before. */
  frames: StoredFrame[];
  progress: Progress[];
  entries: PendingEntry[];
  /** Events of the entries that are neither accepted nor refused: of each target in chronological order. */
  events: OutgoingEvent[];
  /** What the first of the events tells; null for nothing, or once it is told. */
  repeated: Repeated | null;
  /** Nothing of the lane waits beyond this batch. */
  isLast: boolean;
}

/** Entries and their events, with these as they stand in the body. */
export interface TakenEntries
  extends Pick<Batch, "elsewhere" | "entries" | "events" | "home" | "repeated"> {
  json: string[];
}

/** Events of an entry that are still to be sent. */
const writtenOf = (entry: PendingEntry, writer: Writer): readonly Written[] => {
  const { accepted, refused } = entry.stamp;
  if (refused !== undefined) return [];
  const written = writer.write(entry);
  return accepted === undefined ? written : written.slice(accepted);
};

/** Chronological; equal stamps in the order of boot and seq, whatever arrived first. */
export const sortEntries = (entries: PendingEntry[]): PendingEntry[] =>
  entries.sort((left, right) => {
    if (left.stamp.epochMs !== right.stamp.epochMs) return left.stamp.epochMs - right.stamp.epochMs;
    if (left.bootKey !== right.bootKey) return left.bootKey < right.bootKey ? -1 : 1;
    return left.seq - right.seq;
  });

/** An event, and how it stands in the body. */
interface TakenEvent extends OutgoingEvent {
  json: string;
}

/** Events that go to the same stream beside each other, those of `first` first, else as they were. */
const byTarget = (events: TakenEvent[], first: LogStream): TakenEvent[] => {
  if (events.every(({ target }) => target === first)) return events;
  const parts = new Map<string, TakenEvent[]>([[nameOf(first), []]]);
  for (const event of events) {
    const name = nameOf(event.target);
    const part = parts.get(name) ?? [];
    parts.set(name, part);
    part.push(event);
  }
  return [...parts.values()].flat();
};

const nameOf = ({ group, stream }: LogStream): string => `${group}:${stream}`;

export interface TakeOptions {
  writer: Writer;
  home: LogStream;
  elsewhere: Elsewhere;
  repeated: Repeated | null;
}

/**
 * What is told of repeated events: where it goes with the first of them, so that a call which doubles any
 * says so itself; where none of them is left, with an entry whose stamp is not refused.
 */
const repeatEvents = (
  events: readonly TakenEvent[],
  entries: readonly PendingEntry[],
  { writer, repeated }: TakeOptions,
): TakenEvent[] => {
  if (repeated === null) return [];
  const { target } = repeated;
  const [first] = events;
  const isCarried = first !== undefined && nameOf(first.target) === nameOf(target);
  const at = isCarried
    ? entries[first.entry ?? 0]
    : entries.find(({ stamp }) => stamp.refused === undefined);
  if (at === undefined) return [];
  const timestamp = at.stamp.epochMs;
  return writer
    .write(entryOfRepeat(repeated, at))
    .map(({ bytes, json }) => ({ timestamp, bytes, entry: null, target, json }));
};

/** All of these entries, whatever the limits. */
export const takeAll = (entries: PendingEntry[], options: TakeOptions): TakenEntries => {
  const { writer, home, elsewhere, repeated } = options;
  const sorted = sortEntries(entries);
  const events: TakenEvent[] = [];
  for (const [place, entry] of sorted.entries()) {
    const target = elsewhere(entry) ?? home;
    const { epochMs: timestamp, accepted = 0 } = entry.stamp;
    const told = target === home ? 0 : writer.countTold(entry);
    for (const [index, { bytes, json }] of writtenOf(entry, writer).entries()) {
      const isTold = index + accepted < told;
      events.push({ timestamp, bytes, entry: place, target: isTold ? home : target, json });
    }
  }
  const parted = byTarget(events, repeated?.target ?? home);
  const all = [...repeatEvents(parted, sorted, options), ...parted];
  const json = all.map((event) => event.json);
  return { home, elsewhere, entries: sorted, events: all, repeated, json };
};

/**
 * How many of these events fit into one call: all, but where stamps or parts exceed the limits, or one goes
 * elsewhere than the first.
 */
export const callLength = (
  events: readonly (Pick<OutgoingEvent, "timestamp" | "bytes"> & { target?: LogStream })[],
): number => {
  const { timestamp: firstMs = 0, target: firstTarget } = events[0] ?? {};
  const first = firstTarget && nameOf(firstTarget);
  let total = 0;
  const end = events.findIndex(({ bytes, timestamp, target }, index) => {
    total += bytes + eventOverheadBytes;
    const isFar = timestamp - firstMs > batchSpanLimitMs;
    const isElsewhere = target !== firstTarget && target !== undefined && nameOf(target) !== first;
    const isTooMuch = total > batchLimitBytes || index >= batchLimitEvents;
    return index > 0 && (isTooMuch || isFar || isElsewhere);
  });
  return end < 0 ? events.length : end;
};

/**
 * The same entries, with the events at these places accepted. Of an entry only those before its first
 * event that is not accepted count: the rest is sent again. What is told of repeated events is no part of an entry.
 */
export const withAccepted = (batch: Batch, isAccepted: (index: number) => boolean): Batch => {
  const acceptedOf = new Map<number, number>();
  const waiting: OutgoingEvent[] = [];
  for (const [index, event] of batch.events.entries()) {
    const { entry } = event;
    if (!isAccepted(index) || waiting.at(-1)?.entry === entry) waiting.push(event);
    else if (entry !== null) acceptedOf.set(entry, (acceptedOf.get(entry) ?? 0) + 1);
  }
  const entries = batch.entries.map((entry, place) => {
    const count = acceptedOf.get(place);
    if (count === undefined) return entry;
    const accepted = (entry.stamp.accepted ?? 0) + count;
    return { ...entry, stamp: { ...entry.stamp, accepted } };
  });
  const isTold = batch.events[0]?.entry === null && isAccepted(0);
  return { ...batch, entries, events: waiting, repeated: isTold ? null : batch.repeated };
};

interface Run {
  intended: Omit<IntentRun, "end" | "stamps">;
  lastSeq: number;
  isInOrder: boolean;
  entries: PendingEntry[];
}

const beginRun = ({ device, boot, seq }: PendingEntry): Run => {
  const intended = { device, boot, from: seq };
  return { intended, lastSeq: -1, isInOrder: true, entries: [] };
};

/** Boots are in the order of seq, but where a stamp was revised. */
const stampsOf = ({ entries, intended, isInOrder }: Run): IntentRun => {
  if (!isInOrder) entries.sort((left, right) => left.seq - right.seq);
  const stamps = entries.map(({ stamp }) => stamp);
  const from = entries[0]?.seq ?? intended.from;
  const end = entries.at(-1)?.next ?? from;
  return { ...intended, from, end, stamps: packStamps(stamps) };
};

/** What must be known to send exactly this batch again. */
export const intentOf = ({ lane, home, entries, repeated }: Batch): Intent => {
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
  const told = repeated === null ? {} : { repeated };
  return { lane, ...home, runs: [...runs.values()].map(stampsOf), ...told };
};
