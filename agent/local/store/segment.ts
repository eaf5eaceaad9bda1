import {
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { decodeHead, eventFieldBytes, headBytes, type RecordHead } from "./record.ts";

/** A run of whole records in a stream's file: what the sparse index knows without reading them. */
export interface Chunk {
  offset: number;
  bytes: number;
  /** How many events of the stream came before. */
  firstOrdinal: number;
  minMs: number;
  maxMs: number;
  /** All of it is visible from here on. */
  visibleAtMs: number;
}

/** What is known in memory of one stream's file. */
export interface SegmentIndex {
  chunks: Chunk[];
  sizeBytes: number;
  eventCount: number;
  /** UTF-8 bytes of all messages. */
  messageBytes: number;
  lastIngestedMs: number;
}

/** One file of records for each stream, appended to and never rewritten. */
export interface Segments {
  /** Hands the record to the operating system before it returns. */
  append(streamId: number, record: Buffer): void;
  /** Scans the file at first use; a record cut short at its end is removed. */
  index(streamId: number): SegmentIndex;
  /** The bytes of a chunk; none once the stream is removed. */
  read(streamId: number, chunk: Chunk): Buffer;
  remove(streamId: number): void;
  close(): void;
}

interface SegmentFiles {
  directory: string;
  /** Open files, least recently used first. */
  open: Map<number, number>;
  indexes: Map<number, SegmentIndex>;
  /** Streams whose files must not come back, though a reader may still be under way. */
  removed: Set<number>;
}

const chunkLimitBytes = 65_536;
const openFilesLimit = 4_096;
const scanBytes = 1_048_576;

/** The name of a stream's file. */
export const segmentName = (streamId: number): string => `${streamId}.events`;

/** Closes the least recently used files until no more than `kept` are open. */
const closeOldest = (files: SegmentFiles, kept: number): void => {
  for (const [oldest, descriptor] of files.open) {
    if (files.open.size <= kept) break;
    closeSync(descriptor);
    files.open.delete(oldest);
  }
};

const openFile = (files: SegmentFiles, streamId: number): number => {
  const path = join(files.directory, segmentName(streamId));
  try {
    return openSync(path, "a+");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EMFILE") throw cause;
    closeOldest(files, Math.floor(files.open.size / 2));
    return openSync(path, "a+");
  }
};

const descriptorOf = (files: SegmentFiles, streamId: number): number => {
  const known = files.open.get(streamId);
  if (known !== undefined) {
    files.open.delete(streamId);
    files.open.set(streamId, known);
    return known;
  }
  closeOldest(files, openFilesLimit - 1);
  const descriptor = openFile(files, streamId);
  files.open.set(streamId, descriptor);
  return descriptor;
};

const addRecord = (index: SegmentIndex, head: RecordHead): void => {
  const bytes = headBytes + head.bodyBytes;
  const last = index.chunks.at(-1);
  if (last !== undefined && last.bytes + bytes <= chunkLimitBytes) {
    last.bytes += bytes;
    last.minMs = Math.min(last.minMs, head.firstMs);
    last.maxMs = Math.max(last.maxMs, head.lastMs);
    last.visibleAtMs = Math.max(last.visibleAtMs, head.visibleAtMs);
  } else {
    index.chunks.push({
      offset: index.sizeBytes,
      bytes,
      firstOrdinal: index.eventCount,
      minMs: head.firstMs,
      maxMs: head.lastMs,
      visibleAtMs: head.visibleAtMs,
    });
  }
  index.sizeBytes += bytes;
  index.eventCount += head.eventCount;
  index.messageBytes += head.bodyBytes - head.eventCount * eventFieldBytes;
  index.lastIngestedMs = head.ingestedMs;
};

const emptyIndex = (): SegmentIndex => ({
  chunks: [],
  sizeBytes: 0,
  eventCount: 0,
  messageBytes: 0,
  lastIngestedMs: 0,
});

const scan = (descriptor: number): SegmentIndex => {
  const index = emptyIndex();
  const fileBytes = fstatSync(descriptor).size;
  const window = Buffer.allocUnsafe(Math.min(scanBytes, fileBytes));
  let windowAt = 0;
  let filled = 0;
  while (index.sizeBytes < fileBytes) {
    if (index.sizeBytes + headBytes > windowAt + filled) {
      windowAt = index.sizeBytes;
      filled = readSync(descriptor, window, 0, window.length, windowAt);
    }
    const head = decodeHead(window.subarray(0, filled), index.sizeBytes - windowAt);
    if (!head || index.sizeBytes + headBytes + head.bodyBytes > fileBytes) break;
    addRecord(index, head);
  }
  if (index.sizeBytes < fileBytes) ftruncateSync(descriptor, index.sizeBytes);
  return index;
};

const indexOf = (files: SegmentFiles, streamId: number): SegmentIndex => {
  const known = files.indexes.get(streamId);
  if (known !== undefined) return known;
  const index = scan(descriptorOf(files, streamId));
  files.indexes.set(streamId, index);
  return index;
};

const append = (files: SegmentFiles, streamId: number, record: Buffer): void => {
  const index = indexOf(files, streamId);
  const descriptor = descriptorOf(files, streamId);
  const head = decodeHead(record, 0);
  if (!head) throw new Error("A record to append has no head");
  try {
    for (let done = 0; done < record.length; ) {
      done += writeSync(descriptor, record, done);
    }
  } catch (cause) {
    ftruncateSync(descriptor, index.sizeBytes);
    throw cause;
  }
  addRecord(index, head);
};

const readChunk = (files: SegmentFiles, streamId: number, chunk: Chunk): Buffer => {
  if (files.removed.has(streamId)) return Buffer.alloc(0);
  const bytes = Buffer.allocUnsafe(chunk.bytes);
  const filled = readSync(descriptorOf(files, streamId), bytes, 0, chunk.bytes, chunk.offset);
  return bytes.subarray(0, filled);
};

const forget = (files: SegmentFiles, streamId: number): void => {
  const descriptor = files.open.get(streamId);
  if (descriptor !== undefined) closeSync(descriptor);
  files.open.delete(streamId);
  files.indexes.delete(streamId);
};

/** Opens the streams' files in `directory`, which exists. */
export const openSegments = (directory: string): Segments => {
  const files: SegmentFiles = {
    directory,
    open: new Map(),
    indexes: new Map(),
    removed: new Set(),
  };
  return {
    append: (streamId, record) => append(files, streamId, record),
    index: (streamId) => indexOf(files, streamId),
    read: (streamId, chunk) => readChunk(files, streamId, chunk),
    remove: (streamId) => {
      files.removed.add(streamId);
      forget(files, streamId);
      rmSync(join(directory, segmentName(streamId)), { force: true });
    },
    close: () => {
      for (const streamId of [...files.open.keys()]) forget(files, streamId);
    },
  };
};
