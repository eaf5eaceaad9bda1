import { createBodyWriter } from "../../../shared/codec/body-writer.ts";
import { decodeHead } from "../../../shared/codec/decode.ts";
import { addEntry, encodeSealed } from "../../../shared/codec/encode.ts";
import { writeHeader } from "../../../shared/codec/header.ts";
import type { SealedBody } from "../../../shared/codec/sealed-body.ts";
import { createTable, type Table } from "../../../shared/codec/table.ts";
import { createWriter } from "../../../shared/codec/writer.ts";
import type { LogEvent } from "../../../shared/event.ts";
import type { FrameHeader } from "../../../shared/frame.ts";
import { createRandom, eventFrom, type Random, sources } from "../deliver/fleet.ts";

/** A frame that only lacks what is written as it is sent: its header, and the uptime of its first event. */
export interface Template {
  /** Which definitions it needs or brings. */
  head: Uint8Array;
  /** What was sealed, behind the first uptime. */
  rest: Uint8Array;
  count: number;
  /** Uptime from the first event to the last. */
  spanMs: number;
}

/** What all devices send, so that the sender need not encode while it is measured with. */
export interface Templates {
  /** A boot's first frame, an event of each site: it brings all definitions. */
  first: Template;
  /** They need all definitions. */
  others: Template[];
  /** Definitions that the agent must hold before it takes others. */
  definitions: number;
}

export interface TemplatesOptions {
  frameEvents: number;
  /** Uptime from one event to the next. */
  stepMs: number;
}

const variants = 64;

/** Of a frame's body; above what the codec lets a device send. */
const limitBytes = 65_536;

const boot = { nonce: 0, number: 1 };

const headerOf = (count: number): FrameHeader => {
  return { boot, base: 0, first: 0, count, sendUptimeMs: 0, ackId: 0, ackUptimeMs: 0 };
};

const templateOf = (body: SealedBody, table: Table, spanMs: number): Template => {
  const header = headerOf(body.count);
  const writer = createWriter();
  writeHeader(writer, header, body.format);
  const payload = encodeSealed(header, body, table);
  const decoded = decodeHead(payload);
  if (!decoded.ok) throw new Error(`Cannot read a frame of the load: ${decoded.reason}`);
  // The first uptime is 0, which is one byte.
  const head = payload.slice(writer.bytes().length, decoded.bodyAt);
  return { head, rest: payload.slice(decoded.bodyAt + 1), count: body.count, spanMs };
};

export const createTemplates = ({ frameEvents, stepMs }: TemplatesOptions): Templates => {
  const random: Random = createRandom(7);
  const table = createTable({ sites: sources.length, texts: 0 }, undefined);
  const seal = (events: readonly LogEvent[]): Template => {
    // A writer of its own, for uptimes go on from one body to the next.
    const writer = createBodyWriter(table);
    for (const event of events) addEntry(writer, event, limitBytes);
    const spanMs = events.at(-1)?.uptimeMs ?? 0;
    return templateOf(writer.seal(), table, spanMs);
  };
  const first = seal(sources.map((source) => eventFrom(source, 0, random)));
  const definitions = table.assigned();
  table.acked(definitions);
  const others = Array.from({ length: variants }, () =>
    seal(
      Array.from({ length: frameEvents }, (_, index) => {
        const source = sources[Math.floor(random() * sources.length)] as (typeof sources)[number];
        return eventFrom(source, Math.floor(index * stepMs), random);
      }),
    ),
  );
  return { first, others, definitions };
};

/** What is written as a frame is sent. */
export interface Sending {
  nonce: number;
  base: number;
  first: number;
  startUptimeMs: number;
  sendUptimeMs: number;
  /** 0 for none. */
  ackId: number;
  ackUptimeMs: number;
}

/** More than header and first uptime ever take. */
export const frontLimitBytes = 64;

const entriesMark = 0xa2;

const putVarint = (target: Uint8Array, at: number, value: number): number => {
  let end = at;
  let rest = value;
  while (rest >= 128) {
    target[end++] = (rest % 128) + 128;
    rest = Math.floor(rest / 128);
  }
  target[end++] = rest;
  return end;
};

/** Writes a frame; gives where it ends. As `writeHeader` does, but without a buffer of its own. */
export const writeFrame = (
  target: Buffer,
  at: number,
  { head, rest, count }: Template,
  sending: Sending,
): number => {
  const { nonce, base, first, sendUptimeMs, ackId } = sending;
  target[at] = entriesMark;
  let end = target.writeUInt32LE(nonce, at + 1);
  end = putVarint(target, end, 1);
  end = putVarint(target, end, first);
  end = putVarint(target, end, first - base);
  end = putVarint(target, end, count);
  end = putVarint(target, end, sendUptimeMs);
  end = putVarint(target, end, ackId);
  if (ackId > 0) end = putVarint(target, end, sendUptimeMs - sending.ackUptimeMs);
  target.set(head, end);
  end = putVarint(target, end + head.length, sending.startUptimeMs);
  target.set(rest, end);
  return end + rest.length;
};
