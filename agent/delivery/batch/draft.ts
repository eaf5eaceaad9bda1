import type { LogEvent } from "../../../shared/event.ts";
import {
  batchLimitBytes,
  batchLimitEvents,
  batchSpanLimitMs,
  eventOverheadBytes,
} from "../../cloudwatch/limits.ts";
import type { Intent, IntentRun, IntentStamp, Progress } from "../../spool/intent.ts";
import type { StoredFrame } from "../../spool/spool.ts";
import { createStampPacker, type StampPacker } from "../../spool/stamps.ts";
import type { BodyText } from "../message/body.ts";
import type { Writer } from "../message/write.ts";
import type { LogStream, Streams } from "../stream.ts";
import type { BootEntries } from "./boot-entries.ts";
import type { Formats } from "./formats.ts";
import { createLeaving } from "./leaving.ts";
import type { Merged } from "./merge.ts";
import { bootKeyOf, type PendingEntry } from "./pending.ts";
import { createTally, type Tally, tallyEntry, tallyEvent } from "./tally.ts";

/**
 * A batch that is about to be sent for the first time. It has no objects for its entries: most
 * batches are accepted whole, and for the others the intent gives the entries again. With such
 * objects, which outlived the call, collecting garbage was a quarter of delivery's time.
 */
export interface Draft {
  lane: string;
  target: LogStream;
  /** What gives the batch again, entries and all. */
  intent: Intent;
  /** How far its boots are delivered once it is accepted. */
  progress: Progress[];
  /** Frames of which nothing is left then, oldest first. */
  delivered: StoredFrame[];
  /** Events in the body. */
  events: number;
  /** Null where it takes several calls: a first entry exceeds the limits alone, or rules send events elsewhere. */
  body: Uint8Array | null;
  /** Entries whose bytes are kept as dead letters. */
  unreadable: PendingEntry[];
  tally: Tally;
  /** Nothing of the lane waits beyond this batch. */
  isLast: boolean;
}

/** What a draft is cut from. */
export interface Waiting {
  lane: string;
  byBoot: ReadonlyMap<string, StoredFrame[]>;
  /** How far the boots were delivered before. */
  progress: Progress[];
}

/** What was cut for a draft. */
export interface DraftEntries
  extends Pick<Draft, "target" | "events" | "body" | "unreadable" | "tally"> {
  runs: IntentRun[];
  /** By the names of the boots. */
  progress: ReadonlyMap<string, Progress>;
  /** All entries there were. */
  isWhole: boolean;
}

export interface CutOptions {
  writer: Writer;
  body: BodyText;
  formats: Pick<Formats, "isUnknown">;
  streams: Pick<Streams, "elsewhere" | "mayLeave">;
  streamOf(epochMs: number): LogStream;
}

/** Streams differ by the day only. */
const dayMs = 86_400_000;

/** What a batch takes of one boot. */
interface Run {
  boot: BootEntries;
  from: number;
  next: number;
  stampMs: number;
  trueMs: number;
  packer: StampPacker;
}

const beginRun = (boot: BootEntries): Run => ({
  boot,
  from: boot.seq,
  next: boot.seq,
  stampMs: 0,
  trueMs: 0,
  packer: createStampPacker(),
});

const intendedOf = ({ boot: { device, boot }, from, next, packer }: Run): IntentRun => ({
  device,
  boot,
  from,
  end: next,
  stamps: packer.pack(),
});

const progressOf = ({ boot: { device, boot }, next, stampMs, trueMs }: Run): Progress => ({
  device,
  boot,
  next,
  stampMs,
  ...(trueMs === stampMs ? {} : { trueMs }),
});

/** The next entry of all, as it stands in the body. */
interface NextEntry {
  /** Its events, a comma between them. */
  json: string;
  /** As CloudWatch measures a batch. */
  bytes: number;
  events: number;
  /** Null where it is a logged event and no more. */
  entry: PendingEntry | null;
}

const writeNext = (boot: BootEntries, stamp: IntentStamp, writer: Writer): NextEntry => {
  const written = boot.plain === null ? null : writer.writePlain(boot.plain, boot, stamp);
  if (written !== null) {
    const { json, bytes } = written;
    return { json, bytes: bytes + eventOverheadBytes, events: 1, entry: null };
  }
  const entry = boot.entry();
  const all = writer.write(entry);
  const bytes = all.reduce((sum, each) => sum + each.bytes + eventOverheadBytes, 0);
  return { json: all.map(({ json }) => json).join(","), bytes, events: all.length, entry };
};

/** What is kept of entries that are taken. */
const createBooks = (formats: CutOptions["formats"]) => {
  const runs = new Map<string, Run>();
  const unreadable: PendingEntry[] = [];
  const tally = createTally();
  let run: Run | undefined;

  const runOf = (boot: BootEntries): Run => {
    const found = runs.get(boot.bootKey) ?? beginRun(boot);
    runs.set(boot.bootKey, found);
    return found;
  };
  return {
    runs,
    unreadable,
    tally,
    note(boot: BootEntries, stamp: IntentStamp, entry: PendingEntry | null): void {
      if (run?.boot !== boot) run = runOf(boot);
      run.next = entry === null ? boot.seq + 1 : entry.next;
      run.stampMs = stamp.epochMs;
      run.trueMs = stamp.trueMs ?? stamp.epochMs;
      run.packer.add(stamp);
      if (entry === null) tallyEvent(tally, boot.plain as LogEvent, stamp, formats);
      else tallyEntry(tally, entry, formats);
      if (entry !== null && entry.unreadable !== null) unreadable.push(entry);
    },
  };
};

/** How far a batch may go that begins at `firstMs`. */
const createReach = (firstMs: number, target: LogStream, streamOf: CutOptions["streamOf"]) => {
  const dayEndMs = (Math.floor(firstMs / dayMs) + 1) * dayMs;
  return (epochMs: number): boolean =>
    epochMs - firstMs <= batchSpanLimitMs &&
    (epochMs < dayEndMs || streamOf(epochMs).stream === target.stream);
};

/**
 * The first batch of entries: oldest first, within CloudWatch's limits, within 24 hours, and all of
 * one stream. A first entry that exceeds the limits alone is a batch of its own.
 */
export const cutBatch = (source: Merged, options: CutOptions): DraftEntries => {
  const { writer, body, streamOf } = options;
  const firstMs = source.first()?.stamp?.epochMs ?? 0;
  const target = streamOf(firstMs);
  const isInReach = createReach(firstMs, target, streamOf);
  const { runs, tally, unreadable, note } = createBooks(options.formats);
  const isLeaving = createLeaving(options.streams);
  let isParted = false;
  let bytes = 0;
  let events = 0;
  let boot = source.first();
  body.begin(target);
  for (; boot !== null; boot = source.first()) {
    const stamp = boot.stamp as IntentStamp;
    const next = writeNext(boot, stamp, writer);
    const isFull = bytes + next.bytes > batchLimitBytes || events + next.events > batchLimitEvents;
    if (runs.size > 0 && (isFull || !isInReach(stamp.epochMs))) break;
    bytes += next.bytes;
    events += next.events;
    if (next.events > 0) body.add(next.json);
    isParted ||= isLeaving(boot, stamp, next.entry);
    note(boot, stamp, next.entry);
    source.advance();
  }
  const isOneCall = !isParted && bytes <= batchLimitBytes && events <= batchLimitEvents;
  return {
    target,
    runs: [...runs.values()].map(intendedOf),
    progress: new Map([...runs].map(([bootKey, run]) => [bootKey, progressOf(run)])),
    events,
    body: isOneCall ? body.end() : null,
    unreadable,
    tally,
    isWhole: boot === null,
  };
};

/** The first frames of each boot, as far as all of their seqs are delivered. */
const deliveredOf = (
  { byBoot, progress }: Waiting,
  reached: DraftEntries["progress"],
): StoredFrame[] => {
  const before = new Map(progress.map((done) => [bootKeyOf(done), done]));
  const delivered: StoredFrame[] = [];
  for (const [bootKey, frames] of byBoot) {
    const { next } = reached.get(bootKey) ?? before.get(bootKey) ?? { next: 0 };
    for (const frame of frames) {
      if (frame.end > next) break;
      delivered.push(frame);
    }
  }
  return byBoot.size > 1
    ? delivered.sort((left, right) => left.position - right.position)
    : delivered;
};

export const draftOf = (waiting: Waiting, cut: DraftEntries, isLast: boolean): Draft => {
  const { lane } = waiting;
  const { target, runs, progress, events, body, unreadable, tally } = cut;
  return {
    lane,
    target,
    intent: { lane, ...target, runs },
    progress: [...progress.values()],
    delivered: deliveredOf(waiting, progress),
    events,
    body,
    unreadable,
    tally,
    isLast,
  };
};
