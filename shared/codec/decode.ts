import {
  type DropCount,
  dropReasons,
  type Entry,
  type Level,
  levels,
  type Site,
  type Value,
} from "../event.ts";
import type { Body, Frame, FrameHeader } from "../frame.ts";
import { integerLimit } from "../limits.ts";
import { bodyFormats, metricLevel, readHeader } from "./header.ts";
import { createReader, type Reader } from "./reader.ts";
import { fromUtf8 } from "./text.ts";
import { readValue } from "./value.ts";

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

export type DecodedFrame = { ok: true; frame: Frame } | FrameFault;

/** Reads any bytes whatever; never throws, and takes time and memory in proportion to them. */
export const decodeFrame = (bytes: Uint8Array): DecodedFrame => {
  const reader = createReader(bytes, 0);
  const { header, bodyFormat } = readHeader(reader);
  const headerFault = reader.fault();
  if (headerFault !== null) return faultOf("header", headerFault, null);
  if (bodyFormat !== bodyFormats.entries && bodyFormat !== bodyFormats.tombstone) {
    const reason = `body format ${bodyFormat} is not known`;
    return faultOf("format", { offset: 0, reason }, header);
  }
  const body =
    bodyFormat === bodyFormats.tombstone
      ? readTombstone(reader)
      : readEntries(reader, bytes, header);
  const bodyFault = reader.fault();
  return bodyFault === null
    ? { ok: true, frame: { header, body } }
    : faultOf("body", bodyFault, header);
};

const faultOf = (
  fault: FrameFault["fault"],
  at: { offset: number; reason: string },
  header: FrameHeader | null,
): FrameFault => ({ ok: false, fault, offset: at.offset, reason: at.reason, header });

const readTombstone = (reader: Reader): Body => {
  const drops: DropCount[] = [];
  const uptimeMs = reader.varint();
  for (let left = reader.varint(); left > 0 && reader.fault() === null; left--) {
    drops.push(readDrop(reader));
  }
  if (!reader.isAtEnd()) reader.fail("bytes after the last drop", reader.offset());
  return { kind: "tombstone", uptimeMs, drops };
};

const readDrop = (reader: Reader): DropCount => {
  const level = readLevel(reader);
  const at = reader.offset();
  const number = reader.varint();
  const reason = dropReasons[number];
  if (reason === undefined) reader.fail(`drop reason ${number} is not known`, at);
  return { level, reason: reason ?? "unreadable", count: reader.varint() };
};

const readLevel = (reader: Reader): Level => {
  const at = reader.offset();
  return levelOf(reader, reader.byte(), at);
};

const levelOf = (reader: Reader, number: number, at: number): Level => {
  const level = levels[number];
  if (level === undefined) reader.fail(`level ${number} is not known`, at);
  return level ?? "fatal";
};

const readEntries = (reader: Reader, bytes: Uint8Array, header: FrameHeader): Body => {
  const entries: Entry[] = [];
  const sites: Site[] = [];
  let uptimeMs = 0;
  const from = reader.offset();
  while (!reader.isAtEnd()) {
    const at = reader.offset();
    const code = reader.varint();
    uptimeMs += reader.varint();
    const entry = readEntry(reader, bytes, { at, code, uptimeMs, sites });
    if (entry !== null) entries.push(entry);
  }
  if (entries.length !== header.count) {
    reader.fail(`${entries.length} entries where the header says ${header.count}`, from);
  }
  return { kind: "entries", entries };
};

interface EntryPlace {
  /** Offset of the entry. */
  at: number;
  code: number;
  uptimeMs: number;
  /** Sites defined so far in this body. */
  sites: Site[];
}

const readEntry = (reader: Reader, bytes: Uint8Array, place: EntryPlace): Entry | null => {
  const { at, code, uptimeMs, sites } = place;
  if (uptimeMs > integerLimit) reader.fail("uptime above 2^53 - 1", at);
  if (code === 0) return { kind: "drop", uptimeMs, drop: readDrop(reader) };
  if (code === 1) return { kind: "end", uptimeMs };
  if (code === 2) sites.push(readSite(reader, bytes));
  const site = sites[code === 2 ? sites.length - 1 : code - 3];
  if (site === undefined) {
    reader.fail(`site ${code - 3} is not defined`, at);
    return null;
  }
  return { kind: "event", uptimeMs, site, values: readValues(reader, bytes) };
};

const readSite = (reader: Reader, bytes: Uint8Array): Site => {
  const at = reader.offset();
  const number = reader.byte();
  const isMetric = number === metricLevel;
  const level = isMetric ? "info" : levelOf(reader, number, at);
  const tag = reader.block();
  const format = reader.block();
  const site: Site = {
    level,
    tag: fromUtf8(bytes, tag.from, tag.to),
    format: fromUtf8(bytes, format.from, format.to),
  };
  return isMetric ? { ...site, isMetric } : site;
};

const readValues = (reader: Reader, bytes: Uint8Array): Value[] => {
  const values: Value[] = [];
  for (let left = reader.varint(); left > 0 && reader.fault() === null; left--) {
    values.push(readValue(reader, bytes));
  }
  return values;
};
