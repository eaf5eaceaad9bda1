import { type DropCount, dropReasons, type Entry, levels } from "../event.ts";
import type { Frame, FrameHeader } from "../frame.ts";
import { type BodyWriter, createBodyWriter } from "./body-writer.ts";
import { type Rested, writeHead } from "./head.ts";
import { bodyFormats, writeHeader } from "./header.ts";
import { special, specialEnd } from "./layout.ts";
import type { SealedBody } from "./sealed-body.ts";
import { createTable, kindOf, type Table } from "./table.ts";
import { createWriter, type Writer } from "./writer.ts";

/** Adds any entry, as the writer's methods do. */
export const addEntry = (writer: BodyWriter, entry: Entry, limitBytes: number): boolean => {
  const uptimeMs = entry.uptimeMs;
  if (entry.kind === "end") return writer.end(uptimeMs, limitBytes);
  if (entry.kind === "event") {
    const site = entry.site;
    const kind = kindOf(site.level, site.isMetric);
    return writer.event(kind, site.tag, site.format, entry.values, uptimeMs, limitBytes);
  }
  const drop = entry.drop;
  const reason = dropReasons.indexOf(drop.reason);
  return writer.drop(levels.indexOf(drop.level), reason, drop.count, uptimeMs, limitBytes);
};

const writeDrop = (writer: Writer, drop: DropCount): void => {
  writer.byte(levels.indexOf(drop.level));
  writer.varint(dropReasons.indexOf(drop.reason));
  writer.varint(drop.count);
};

/**
 * The body that stands in for `count` seqs of entries: the uptime of the first of them, how many
 * drops, each.
 */
export const sealTombstone = (count: number, drops: DropCount[], uptimeMs: number): SealedBody => {
  const writer = createWriter();
  writer.varint(uptimeMs);
  writer.varint(drops.length);
  for (let index = 0; index < drops.length; index++) writeDrop(writer, drops[index] as DropCount);
  return { format: bodyFormats.tombstone, count, bytes: writer.bytes(), used: "", spareBytes: 0 };
};

/** What header and head take where little is defined. */
const frontBytes = 64;

/** The body of a boot's end alone. */
export const sealEnd = (uptimeMs: number): SealedBody => {
  const writer = createWriter();
  writer.varint(uptimeMs);
  writer.byte(special);
  writer.byte(specialEnd);
  writer.varint(0);
  const format = bodyFormats.lastEntries;
  return { format, count: 1, bytes: writer.bytes(), used: "", spareBytes: 0 };
};

/**
 * One MQTT payload: both headers as of now, then what was sealed. Where that rested in flash `rested`
 * has it, and `body` no bytes.
 */
export const encodeSealed = (
  header: FrameHeader,
  body: SealedBody,
  table: Table,
  rested?: Rested | null,
): Uint8Array => {
  const bytes = rested ? rested.body.bytes : body.bytes;
  const writer = createWriter(bytes.length + frontBytes);
  writeHeader(writer, header, body.format);
  if (body.format !== bodyFormats.tombstone) writeHead(writer, table, body, header.base, rested);
  writer.raw(bytes);
  return writer.bytes();
};

/**
 * Bytes of a whole frame, of any size, that needs no other: all its definitions are inside. The
 * inverse of `decodeFrame`.
 */
export const encodeFrame = (frame: Frame): Uint8Array => {
  const header = frame.header;
  const body = frame.body;
  if (body.kind === "tombstone") {
    const sealed = sealTombstone(header.count, body.drops, body.uptimeMs);
    return encodeSealed(header, sealed, createTable({ sites: 0, texts: 0 }, undefined));
  }
  const table = createTable({ sites: body.entries.length, texts: 0 }, undefined);
  const writer = createBodyWriter(table);
  for (let index = 0; index < body.entries.length; index++) {
    addEntry(writer, body.entries[index] as Entry, Infinity);
  }
  return encodeSealed(header, writer.seal(), table);
};
