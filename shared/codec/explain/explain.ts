import type { Definition, FrameHead, Lookup, Meaning } from "../../definition.ts";
import { type Ack, commandKinds } from "../../downlink.ts";
import type { DropCount, Entry } from "../../event.ts";
import { type Body, bootText, type FrameHeader } from "../../frame.ts";
import { decodeFrame, type FrameFault } from "../decode.ts";
import { readDrop, readEntries } from "../decode-entries.ts";
import { readHead } from "../decode-head.ts";
import { decodeAck } from "../downlink.ts";
import { bodyFormats, readHeader } from "../header.ts";
import { nameDrop, nameEntries } from "./entries.ts";
import { createFieldList, type Field, type FieldList } from "./fields.ts";
import { nameHead, nameHeader } from "./head.ts";
import { createRecordingReader, type RecordingReader } from "./recording-reader.ts";

/** What a payload is, by its first byte; null for what is neither. */
export const payloadKind = (first: number): "frame" | "ack" | null => {
  if (first === 0xb0 || first === 0xb1) return "ack";
  return (first & 0xf0) === 0xa0 ? "frame" : null;
};

/** A frame as far as it can be read, and what each of its bytes says. */
export interface ExplainedFrame {
  /** What `decodeFrame` finds wrong with it; null for a good frame. */
  fault: FrameFault | null;
  header: FrameHeader | null;
  /** With the definitions that are whole. */
  head: FrameHead | null;
  /** With the entries, or drops, that are whole. */
  body: Body | null;
  /** Without a gap, from the first byte to the last. */
  fields: Field[];
}

const readTombstone = (reader: RecordingReader, list: FieldList): Body => {
  const drops: DropCount[] = [];
  const uptimeMs = reader.varint();
  let left = reader.varint();
  list.take(1, "uptimeMs", String(uptimeMs));
  list.take(1, "drops", String(left));
  for (; left > 0 && reader.fault() === null; left--) {
    const drop = readDrop(reader);
    if (reader.fault() !== null) break;
    drops.push(drop);
    nameDrop(list, drop);
  }
  return { kind: "tombstone", uptimeMs, drops };
};

const wholeHead = (head: FrameHead, list: FieldList, hasFault: boolean): FrameHead => {
  const whole = nameHead(list, head);
  if (!hasFault) return head;
  return {
    needs: head.needs,
    settled: head.settled,
    definitions: head.definitions.slice(0, whole),
  };
};

const readWholeEntries = (
  reader: RecordingReader,
  list: FieldList,
  lookup: Lookup,
  first: number,
): Entry[] => {
  reader.marks.length = 0;
  const entries = readEntries(reader, lookup).slice(0, Math.max(0, reader.marks.length - 1));
  nameEntries(list, entries, first);
  return entries;
};

const lookupIn = (definitions: Definition[], lookup: Lookup | undefined): Lookup => {
  const brought: { [number: number]: Meaning } = {};
  for (let index = 0; index < definitions.length; index++) {
    const definition = definitions[index] as Definition;
    brought[definition.number] = definition.meaning;
  }
  return (number) => brought[number] ?? lookup?.(number);
};

/**
 * As `decodeFrame`, which has the last word on faults, with what each byte says. The decoder's own
 * functions read; only names are given here. Many times slower: for people, not for an agent.
 */
export const explainFrame = (bytes: Uint8Array, lookup?: Lookup): ExplainedFrame => {
  const decoded = decodeFrame(bytes, lookup);
  const fault = decoded.ok ? null : decoded;
  const reader = createRecordingReader(bytes);
  const list = createFieldList(reader.reads);
  const { header, bodyFormat } = readHeader(reader);
  nameHeader(list, header);
  const explained: ExplainedFrame = {
    fault,
    header: null,
    head: null,
    body: null,
    fields: list.fields,
  };
  if (fault === null || fault.header !== null) explained.header = header;
  if (reader.fault() === null && bodyFormat === bodyFormats.tombstone) {
    explained.body = readTombstone(reader, list);
  } else if (reader.fault() === null && (fault === null || fault.fault !== "format")) {
    const read = readHead(reader);
    const hasFault = reader.fault() !== null;
    const head = wholeHead(read, list, hasFault);
    explained.head = head;
    if (!hasFault) {
      const known = lookupIn(head.definitions, lookup);
      const entries = readWholeEntries(reader, list, known, header.first);
      explained.body = { kind: "entries", entries };
    }
  }
  list.finish(bytes.length);
  return explained;
};

/** An ack and what each of its bytes says. */
export type ExplainedAck =
  | { ok: true; ack: Ack; fields: Field[] }
  | { ok: false; offset: number; reason: string; fields: Field[] };

const nameCommand = (reader: RecordingReader, list: FieldList): void => {
  const names = ["command id", "kind", "remainingMs", "value"];
  for (let index = 0; index < names.length; index++) {
    const value = reader.varint();
    const kind = index === 1 ? commandKinds[value] : undefined;
    list.take(1, names[index] as string, kind ? `${value} (${kind})` : String(value));
  }
  list.take(2, "tag", JSON.stringify(reader.text(reader.varint())));
};

/** As `decodeAck`, which has the last word. */
export const explainAck = (bytes: Uint8Array): ExplainedAck => {
  const reader = createRecordingReader(bytes);
  const list = createFieldList(reader.reads);
  const hasCommand = reader.byte() === 0xb1;
  list.take(1, "mark", hasCommand ? "an ack with a command" : "an ack");
  const storeId = reader.uint32();
  list.take(1, "storeId", String(storeId));
  const boot = { nonce: reader.uint32(), number: reader.varint() };
  list.take(1, "nonce", `${boot.nonce} (boot ${bootText(boot)})`);
  list.take(1, "number", String(boot.number));
  const names = ["ackId", "next", "definitions", "epochMs", "busyMs"];
  for (let index = 0; index < names.length; index++) {
    const value = reader.varint();
    list.take(1, names[index] as string, String(value));
  }
  const decoded = decodeAck(bytes);
  if (hasCommand) nameCommand(reader, list);
  const fields = list.finish(bytes.length);
  return decoded.ok
    ? { ok: true, ack: decoded.ack, fields }
    : { ok: false, offset: decoded.offset, reason: decoded.reason, fields };
};
