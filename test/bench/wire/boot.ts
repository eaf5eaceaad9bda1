import { isDeepStrictEqual } from "node:util";
import { createBodyWriter } from "../../../shared/codec/body-writer.ts";
import { decodeFrame } from "../../../shared/codec/decode.ts";
import { addEntry, encodeSealed } from "../../../shared/codec/encode.ts";
import { createTable, type Places } from "../../../shared/codec/table.ts";
import type { Lookup } from "../../../shared/definition.ts";
import type { LogEvent } from "../../../shared/event.ts";
import type { Frame, FrameHeader } from "../../../shared/frame.ts";
import { frameLimitBytes } from "../../../shared/limits.ts";
import { type HeldDefinitions, heldDefinitions } from "../../support/held-definitions.ts";

export interface BootOptions {
  frameEvents: number;
  /** The agent holds all sites before the first event, in the order of their first use. */
  isKnown: boolean;
}

/** What one boot sent for a corpus. */
export interface BootRun {
  /** MQTT payloads, outer headers included. */
  payloads: Uint8Array[];
  /** The definitions that the agent holds at the end. */
  lookup: Lookup;
}

const boot = { nonce: 0x9e3779b1, number: 0 };

/** What `fleetlog/device` has on Node. */
const nodePlaces: Places = { sites: 250, texts: 128 };

/** From a sending to its ack. */
const roundTripMs = 40;

/**
 * Decodes a payload as an agent does and takes its definitions. Throws where it is not the frame
 * that was meant, or needs a definition that was never sent.
 */
export const checkPayload = (payload: Uint8Array, meant: Frame, held: HeldDefinitions): void => {
  const { first } = meant.header;
  const decoded = decodeFrame(payload, held.lookup);
  if (!decoded.ok) {
    throw new Error(`Cannot decode the frame of seq ${first}: ${decoded.reason}`);
  }
  if (!held.take(decoded.head)) {
    throw new Error(`Cannot decode the frame of seq ${first}: it needs definitions never sent`);
  }
  if (isDeepStrictEqual(decoded.frame, meant)) return;
  throw new Error(`Cannot trust the frame of seq ${first}: it decodes to another one`);
};

/** An event of each site, in the order of first use, with values that leave nothing to learn. */
const firstUses = (events: readonly LogEvent[]): LogEvent[] => {
  const uses = new Map<string, LogEvent>();
  for (const { kind, site, values } of events) {
    const key = JSON.stringify([site, values.length]);
    if (!uses.has(key)) uses.set(key, { kind, uptimeMs: 0, site, values: values.map(() => null) });
  }
  return [...uses.values()];
};

const framesOf = (events: readonly LogEvent[], frameEvents: number): LogEvent[][] => {
  const frames: LogEvent[][] = [];
  for (let index = 0; index < events.length; index += frameEvents) {
    frames.push(events.slice(index, index + frameEvents));
  }
  return frames;
};

/**
 * A device and its agent: each frame is sent at its last event's uptime, or once the ack before has
 * come; the ack comes `roundTripMs` later, covers all definitions so far, and rides in the next
 * header. Returns payloads in order, each checked.
 */
const connect = (places: Places) => {
  const table = createTable(places, undefined);
  const writer = createBodyWriter(table);
  const held = heldDefinitions();
  let first = 0;
  let ackId = 0;
  let ackMs = 0;

  const headerOf = (entries: LogEvent[]): FrameHeader => {
    const sendUptimeMs = Math.max(entries.at(-1)?.uptimeMs ?? 0, ackMs);
    const ackUptimeMs = ackId === 0 ? sendUptimeMs : ackMs;
    return { boot, base: first, first, count: entries.length, sendUptimeMs, ackId, ackUptimeMs };
  };
  const send = (entries: LogEvent[]): Uint8Array => {
    for (const entry of entries) {
      if (addEntry(writer, entry, frameLimitBytes)) continue;
      throw new Error(
        `Cannot put ${entries.length} events into a frame of ${frameLimitBytes} bytes`,
      );
    }
    const header = headerOf(entries);
    const payload = encodeSealed(header, writer.seal(), table);
    checkPayload(payload, { header, body: { kind: "entries", entries } }, held);
    first += entries.length;
    ackId++;
    ackMs = header.sendUptimeMs + roundTripMs;
    table.acked(held.count());
    table.settle(first);
    return payload;
  };
  return { send, lookup: held.lookup };
};

/** Sends a corpus as one boot. Throws where a frame does not come out as it went in. */
export const runBoot = (events: LogEvent[], options: BootOptions): BootRun => {
  const known = options.isKnown ? firstUses(events) : [];
  const places = options.isKnown ? { ...nodePlaces, sites: known.length } : nodePlaces;
  const { send, lookup } = connect(places);
  for (const frame of framesOf(known, options.frameEvents)) send(frame);
  return { payloads: framesOf(events, options.frameEvents).map(send), lookup };
};
