import { type DropCount, dropReasons, type Entry, type LogEvent, levels } from "../event.ts";
import type { Body, Frame, FrameHeader } from "../frame.ts";
import { bodyFormats, writeHeader } from "./header.ts";
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
  /** Adds an entry; false, with nothing added, where the body would exceed `limitBytes`. */
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

export const createBodyWriter = (): BodyWriter => {
  let writer = createWriter();
  let siteKeys: string[] = [];
  let count = 0;
  let uptimeMs = 0;

  const stepTo = (entry: Entry): number => Math.max(0, entry.uptimeMs - uptimeMs);
  const addEvent = (event: LogEvent): void => {
    const site = event.site;
    const key = `${site.level}\n${site.tag}\n${site.format}`;
    const place = siteKeys.indexOf(key);
    writer.varint(place < 0 ? codes.definition : codes.site + place);
    writer.varint(stepTo(event));
    if (place < 0) {
      siteKeys.push(key);
      writer.byte(levels.indexOf(site.level));
      writer.block(toUtf8(site.tag));
      writer.block(toUtf8(site.format));
    }
    writer.varint(event.values.length);
    for (let index = 0; index < event.values.length; index++) {
      writeValue(writer, event.values[index] as LogEvent["values"][number]);
    }
  };
  const addEntry = (entry: Entry): void => {
    if (entry.kind === "event") addEvent(entry);
    else {
      writer.varint(entry.kind === "drop" ? codes.drop : codes.end);
      writer.varint(stepTo(entry));
      if (entry.kind === "drop") writeDrop(writer, entry.drop);
    }
  };
  return {
    add(entry, limitBytes) {
      const lengthBefore = writer.length();
      const sitesBefore = siteKeys.length;
      addEntry(entry);
      if (writer.length() > limitBytes) {
        writer.truncate(lengthBefore);
        if (siteKeys.length > sitesBefore) siteKeys.pop();
        return false;
      }
      uptimeMs += stepTo(entry);
      count++;
      return true;
    },
    count: () => count,
    length: () => writer.length(),
    seal() {
      const sealed = { format: bodyFormats.entries, count, bytes: writer.bytes() };
      writer = createWriter();
      siteKeys = [];
      count = 0;
      uptimeMs = 0;
      return sealed;
    },
  };
};

const writeDrop = (writer: Writer, drop: DropCount): void => {
  writer.byte(levels.indexOf(drop.level));
  writer.varint(dropReasons.indexOf(drop.reason));
  writer.varint(drop.count);
};

/** The body that stands in for a frame of `count` seqs: uptime it began at, how many drops, each. */
export const sealTombstone = (count: number, drops: DropCount[], uptimeMs?: number): SealedBody => {
  const writer = createWriter();
  writer.varint(uptimeMs || 0);
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
