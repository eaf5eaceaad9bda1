import { batchLimitBytes, eventOverheadBytes } from "../../cloudwatch/limits.ts";
import { decodeHead, type EventPlace, eventPlaces, headBytes } from "./record.ts";
import type { Chunk, Segments } from "./segment.ts";
import type { StoredStream } from "./store.ts";

/** A gap between events, in the order of all reading: by stamp, then stream, then arrival. */
export interface Position {
  timestampMs: number;
  streamId: number;
  /** The gap lies before the stream's event of this number. */
  ordinal: number;
}

export interface ReadEvent {
  timestampMs: number;
  ingestedMs: number;
  message: string;
  stream: StoredStream;
  /** How many events of its stream came before. */
  ordinal: number;
}

export interface ReadQuery {
  streams: readonly StoredStream[];
  /** From here on, inclusive. */
  fromMs: number;
  /** Up to here, exclusive. */
  beforeMs: number;
  /** Only what lies beyond this gap, in the direction of reading. */
  beyond?: Position | undefined;
  isBackward: boolean;
  limitEvents: number;
  isMatch?: (message: string) => boolean;
  nowMs: number;
}

export interface Page {
  /** Oldest first, whatever the direction. At most 1 MiB, as the service counts it. */
  events: ReadEvent[];
  /** Where a following page begins, if there may be one. */
  resume?: Position;
}

interface Candidate {
  stream: StoredStream;
  chunk: Chunk;
}

/** A call looks at no more bytes than this before it answers with what it has. */
const scanLimitBytes = 64 * 1_048_576;
const pauseEveryBytes = 4 * 1_048_576;

const comparePositions = (left: Position, right: Position): number =>
  left.timestampMs - right.timestampMs ||
  left.streamId - right.streamId ||
  left.ordinal - right.ordinal;

const compareEvents = (left: ReadEvent, right: ReadEvent): number =>
  left.timestampMs - right.timestampMs ||
  left.stream.id - right.stream.id ||
  left.ordinal - right.ordinal;

const positionOf = (event: ReadEvent): Position => ({
  timestampMs: event.timestampMs,
  streamId: event.stream.id,
  ordinal: event.ordinal,
});

/** The gap just after an event. */
export const gapAfter = (event: ReadEvent): Position => {
  const position = positionOf(event);
  return { ...position, ordinal: position.ordinal + 1 };
};

/** The gap just before an event. */
export const gapBefore: (event: ReadEvent) => Position = positionOf;

const candidatesOf = (segments: Segments, query: ReadQuery): Candidate[] => {
  const found: Candidate[] = [];
  const beyondMs = query.beyond?.timestampMs;
  const fromMs = query.isBackward ? query.fromMs : Math.max(query.fromMs, beyondMs ?? 0);
  const lastMs = Math.min(query.beforeMs - 1, query.isBackward ? (beyondMs ?? Infinity) : Infinity);
  for (const stream of query.streams) {
    for (const chunk of segments.index(stream.id).chunks) {
      if (chunk.maxMs >= fromMs && chunk.minMs <= lastMs) found.push({ stream, chunk });
    }
  }
  return query.isBackward
    ? found.sort((left, right) => right.chunk.maxMs - left.chunk.maxMs)
    : found.sort((left, right) => left.chunk.minMs - right.chunk.minMs);
};

const isWanted = (query: ReadQuery, event: Position): boolean => {
  if (event.timestampMs < query.fromMs || event.timestampMs >= query.beforeMs) return false;
  if (!query.beyond) return true;
  const order = comparePositions(event, query.beyond);
  return query.isBackward ? order < 0 : order >= 0;
};

/** The first events of one record in reading direction, no more than a page can hold. */
const recordEvents = (
  query: ReadQuery,
  stream: StoredStream,
  source: { bytes: Buffer; places: EventPlace[]; firstOrdinal: number; ingestedMs: number },
): ReadEvent[] => {
  const events: ReadEvent[] = [];
  const places = query.isBackward ? source.places.reverse() : source.places;
  for (const { place, timestampMs, textStart, textEnd } of places) {
    const ordinal = source.firstOrdinal + place;
    if (!isWanted(query, { timestampMs, streamId: stream.id, ordinal })) continue;
    const message = source.bytes.toString("utf8", textStart, textEnd);
    if (query.isMatch && !query.isMatch(message)) continue;
    events.push({ timestampMs, ingestedMs: source.ingestedMs, message, stream, ordinal });
    if (events.length > query.limitEvents) break;
  }
  return events;
};

const chunkEvents = (
  segments: Segments,
  query: ReadQuery,
  { stream, chunk }: Candidate,
): ReadEvent[] => {
  const bytes = segments.read(stream.id, chunk);
  const events: ReadEvent[] = [];
  let firstOrdinal = chunk.firstOrdinal;
  for (let offset = 0; offset < bytes.length; ) {
    const head = decodeHead(bytes, offset);
    if (!head) break;
    if (head.visibleAtMs <= query.nowMs) {
      const places = eventPlaces(bytes, offset, head);
      const source = { bytes, places, firstOrdinal, ingestedMs: head.ingestedMs };
      for (const event of recordEvents(query, stream, source)) events.push(event);
    }
    firstOrdinal += head.eventCount;
    offset += headBytes + head.bodyBytes;
  }
  return events;
};

interface Trimmed {
  events: ReadEvent[];
  isCut: boolean;
}

/** Keeps what fits on a page: the limit of events, and 1 MiB as PutLogEvents counts it. */
const trim = (events: ReadEvent[], query: ReadQuery): Trimmed => {
  const sign = query.isBackward ? -1 : 1;
  events.sort((left, right) => sign * compareEvents(left, right));
  let bytes = 0;
  let kept = 0;
  for (const event of events) {
    bytes += Buffer.byteLength(event.message) + eventOverheadBytes;
    if (kept === query.limitEvents || (kept > 0 && bytes > batchLimitBytes)) break;
    kept += 1;
  }
  return { events: events.slice(0, kept), isCut: kept < events.length };
};

const isSettled = (page: Trimmed, next: Chunk, isBackward: boolean): boolean => {
  const last = page.events.at(-1);
  if (!page.isCut || !last) return false;
  return isBackward ? last.timestampMs > next.maxMs : last.timestampMs < next.minMs;
};

const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Only what no unread chunk can precede is final; the next page begins at the first unread chunk. */
const pageUpTo = (page: Trimmed, next: Chunk, query: ReadQuery): Page => {
  const { isBackward } = query;
  const edgeMs = isBackward ? next.maxMs + 1 : next.minMs;
  const edge = { timestampMs: edgeMs, streamId: 0, ordinal: 0 };
  const events = page.events.filter((event) =>
    isBackward ? event.timestampMs >= edgeMs : event.timestampMs < edgeMs,
  );
  return { events: isBackward ? events.reverse() : events, resume: edge };
};

const hasAdvanced = (next: Chunk, query: ReadQuery): boolean =>
  query.isBackward
    ? next.maxMs + 1 < (query.beyond?.timestampMs ?? query.beforeMs)
    : next.minMs > (query.beyond?.timestampMs ?? query.fromMs);

/** Reads one page of events from any number of streams, in order, with bounded memory. */
export const readPage = async (segments: Segments, query: ReadQuery): Promise<Page> => {
  let page: Trimmed = { events: [], isCut: false };
  let scannedBytes = 0;
  let pauseAtBytes = pauseEveryBytes;
  for (const candidate of candidatesOf(segments, query)) {
    if (isSettled(page, candidate.chunk, query.isBackward)) break;
    if (scannedBytes > scanLimitBytes && hasAdvanced(candidate.chunk, query)) {
      return pageUpTo(page, candidate.chunk, query);
    }
    const added = chunkEvents(segments, query, candidate);
    const { events, isCut } = trim(page.events.concat(added), query);
    page = { events, isCut: isCut || page.isCut };
    scannedBytes += candidate.chunk.bytes;
    if (scannedBytes > pauseAtBytes) {
      pauseAtBytes += pauseEveryBytes;
      await pause();
    }
  }
  const last = page.events.at(-1);
  const events = query.isBackward ? page.events.reverse() : page.events;
  if (!page.isCut || !last) return { events };
  return { events, resume: query.isBackward ? gapBefore(last) : gapAfter(last) };
};
