import type { FrameHead, Lookup, Meaning } from "../definition.ts";
import type { DropCount } from "../event.ts";
import type { Body, Frame, FrameHeader } from "../frame.ts";
import { readDrop, readEntries } from "./decode-entries.ts";
import { readHead } from "./decode-head.ts";
import { bodyFormats, readHeader } from "./header.ts";
import { createReader, type Reader, type ReadFault } from "./reader.ts";

/** Why bytes are no frame. With a `header` the seqs are known all the same and can be acked. */
export interface FrameFault {
  ok: false;
  /** `header`: nothing is known. `format`: a body of a later version. `body`: damaged. */
  fault: "header" | "format" | "body";
  /** Byte at which reading failed. */
  offset: number;
  reason: string;
  header: FrameHeader | null;
}

/** What an agent needs to know of a frame before it stores it. */
export interface FrameBeginning {
  ok: true;
  header: FrameHeader;
  /** Null in a tombstone, which needs no definitions. */
  head: FrameHead | null;
  /** The last of its entries is the boot's last. */
  isEnd: boolean;
  /** Where what was sealed begins, which is the same in all sendings. */
  bodyAt: number;
}

export type DecodedFrame = { ok: true; frame: Frame; head: FrameHead | null } | FrameFault;

const faultOf = (
  fault: FrameFault["fault"],
  at: ReadFault,
  header: FrameHeader | null,
): FrameFault => ({ ok: false, fault, offset: at.offset, reason: at.reason, header });

const begin = (reader: Reader): FrameBeginning | FrameFault => {
  const { header, bodyFormat } = readHeader(reader);
  const headerFault = reader.fault();
  if (headerFault !== null) return faultOf("header", headerFault, null);
  if (bodyFormat === bodyFormats.tombstone) {
    return { ok: true, header, head: null, isEnd: false, bodyAt: reader.offset() };
  }
  const isEnd = bodyFormat === bodyFormats.lastEntries;
  if (bodyFormat !== bodyFormats.entries && !isEnd) {
    const reason = `body format ${bodyFormat} is not known`;
    return faultOf("format", { offset: 0, reason }, header);
  }
  const head = readHead(reader);
  const fault = reader.fault();
  if (fault !== null) return faultOf("body", fault, header);
  return { ok: true, header, head, isEnd, bodyAt: reader.offset() };
};

/** Reads the two headers only; never throws. */
export const decodeHead = (bytes: Uint8Array): FrameBeginning | FrameFault =>
  begin(createReader(bytes, 0));

/**
 * Reads any bytes whatever; never throws, and takes time and memory in proportion to them. `lookup`
 * knows the definitions below the frame's `needs`; a frame that needs none is read without.
 */
export const decodeFrame = (bytes: Uint8Array, lookup?: Lookup): DecodedFrame => {
  const reader = createReader(bytes, 0);
  const beginning = begin(reader);
  if (!beginning.ok) return beginning;
  const { header, head } = beginning;
  const body =
    head === null ? readTombstone(reader) : readBody(reader, beginning, lookupIn(head, lookup));
  const fault = reader.fault();
  return fault === null
    ? { ok: true, frame: { header, body }, head }
    : faultOf("body", fault, header);
};

/** What the frame brings, then what is known already. */
const lookupIn = (head: FrameHead, lookup: Lookup | undefined): Lookup => {
  const brought: { [number: number]: Meaning } = {};
  for (let index = 0; index < head.definitions.length; index++) {
    const definition = head.definitions[index];
    if (definition) brought[definition.number] = definition.meaning;
  }
  return (number) => brought[number] ?? lookup?.(number);
};

const readBody = (reader: Reader, beginning: FrameBeginning, lookup: Lookup): Body => {
  const from = reader.offset();
  const entries = readEntries(reader, lookup);
  const count = beginning.header.count;
  const last = entries[entries.length - 1];
  if (entries.length !== count) {
    reader.fail(`${entries.length} entries where the header says ${count}`, from);
  }
  if (beginning.isEnd !== (last?.kind === "end")) {
    reader.fail("the end of the boot where the format says otherwise", from);
  }
  return { kind: "entries", entries };
};

const readTombstone = (reader: Reader): Body => {
  const drops: DropCount[] = [];
  const uptimeMs = reader.varint();
  for (let left = reader.varint(); left > 0 && reader.fault() === null; left--) {
    drops.push(readDrop(reader));
  }
  if (!reader.isAtEnd()) reader.fail("bytes after the last drop", reader.offset());
  return { kind: "tombstone", uptimeMs, drops };
};
