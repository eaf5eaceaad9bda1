import {
  type DropCount,
  dropReasons,
  type Entry,
  type LogEvent,
  levels,
  type Site,
} from "../event.ts";
import type { Body, Frame, FrameHeader } from "../frame.ts";
import { integerLimit } from "../limits.ts";
import { bodyFormats, metricLevel, writeHeader } from "./header.ts";
import { toUtf8 } from "./text.ts";
import { writeValue } from "./value.ts";
import { createWriter, type Writer } from "./writer.ts";

/** A body whose bytes are final, waiting for the header that is written at each sending. */
export interface SealedBody {
  format: number;
  /** Seqs it stands for. */
  count: number;
  bytes: Uint8Array;
}

/** An open body: entries go in one by one, until it is sealed. */
export interface BodyWriter {
  /**
   * Adds an entry; false, with nothing added, where the body would exceed `limitBytes`. Nothing is
   * added either where the engine throws on the way, out of memory for text.
   */
  add(entry: Entry, limitBytes: number): boolean;
  count(): number;
  length(): number;
  /** The body so far. The writer starts a new one. */
  seal(): SealedBody;
}

/**
 * What an entry begins with. 3 and above name the site defined at that place in this body, from 0.
 *   drop:       code, uptime step, level, reason, count
 *   end:        code, uptime step
 *   definition: code, uptime step, level, tag block, format block, values    (an event of a new site)
 *   3 + site:   code, uptime step, values
 * values: how many, then each. The first uptime step counts from 0.
 */
const codes = { drop: 0, end: 1, definition: 2, site: 3 } as const;

/** A site's level on the wire; metrics have one of their own. */
const levelOf = (site: Site): number => (site.isMetric ? metricLevel : levels.indexOf(site.level));

const keyOf = (site: Site): string =>
  `${levelOf(site)} ${site.tag.length} ${site.tag}${site.format}`;

export const createBodyWriter = (): BodyWriter => {
  let writer = createWriter();
  let siteKeys: string[] = [];
  let count = 0;
  let uptimeMs = 0;
  /** Length up to the last whole entry: what a failed attempt leaves beyond it does not count. */
  let wholeBytes = 0;

  const stepTo = (entry: Entry): number => {
    const entryMs = Math.min(integerLimit, Math.floor(entry.uptimeMs));
    return entryMs > uptimeMs ? entryMs - uptimeMs : 0;
  };
  const writeEvent = (event: LogEvent, place: number, stepMs: number): void => {
    const site = event.site;
    writer.varint(place < 0 ? codes.definition : codes.site + place);
    writer.varint(stepMs);
    if (place < 0) {
      writer.byte(levelOf(site));
      writer.block(toUtf8(site.tag));
      writer.block(toUtf8(site.format));
    }
    writer.varint(event.values.length);
    for (let index = 0; index < event.values.length; index++) {
      writeValue(writer, event.values[index] as LogEvent["values"][number]);
    }
  };
  const writeEntry = (entry: Entry, place: number, stepMs: number): void => {
    if (entry.kind === "event") writeEvent(entry, place, stepMs);
    else {
      writer.varint(entry.kind === "drop" ? codes.drop : codes.end);
      writer.varint(stepMs);
      if (entry.kind === "drop") writeDrop(writer, entry.drop);
    }
  };
  return {
    add(entry, limitBytes) {
      const key = entry.kind === "event" ? keyOf(entry.site) : "";
      const place = siteKeys.indexOf(key);
      const stepMs = stepTo(entry);
      writer.truncate(wholeBytes);
      writeEntry(entry, place, stepMs);
      if (writer.length() > limitBytes) return false;
      if (key !== "" && place < 0) siteKeys.push(key);
      wholeBytes = writer.length();
      uptimeMs += stepMs;
      count++;
      return true;
    },
    count: () => count,
    length: () => wholeBytes,
    seal() {
      writer.truncate(wholeBytes);
      const sealed = { format: bodyFormats.entries, count, bytes: writer.bytes() };
      writer = createWriter();
      siteKeys = [];
      count = 0;
      uptimeMs = 0;
      wholeBytes = 0;
      return sealed;
    },
  };
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
  return { format: bodyFormats.tombstone, count, bytes: writer.bytes() };
};

/** One MQTT payload: the header as of now, then the sealed body. */
export const encodeSealed = (header: FrameHeader, body: SealedBody): Uint8Array => {
  const writer = createWriter();
  writeHeader(writer, header, body.format);
  writer.raw(body.bytes);
  return writer.bytes();
};

const sealBody = (body: Body, count: number): SealedBody => {
  if (body.kind === "tombstone") return sealTombstone(count, body.drops, body.uptimeMs);
  const writer = createBodyWriter();
  for (let index = 0; index < body.entries.length; index++) {
    writer.add(body.entries[index] as Entry, Infinity);
  }
  return writer.seal();
};

/** Bytes of a whole frame. The inverse of `decodeFrame`. */
export const encodeFrame = (frame: Frame): Uint8Array =>
  encodeSealed(frame.header, sealBody(frame.body, frame.header.count));
