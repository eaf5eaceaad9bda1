import { valueText } from "../../shared/codec/explain/fields.ts";
import type { Entry, Value } from "../../shared/event.ts";
import { messageOf } from "./lines.ts";
import type { Payload } from "./payloads.ts";
import type { Explained } from "./session.ts";

type Frame = Extract<Explained, { kind: "frame" }>;

/** Numbers that JSON lacks become texts, bytes `{"hex"}`, JSON values what they say. */
const valueJson = (value: Value): unknown => {
  if (typeof value === "number") {
    return Number.isFinite(value) && !Object.is(value, -0) ? value : valueText(value);
  }
  if (value === null || typeof value !== "object") return value;
  return value instanceof Uint8Array ? { hex: Buffer.from(value).toString("hex") } : value;
};

const entryJson = (entry: Entry, seq: number, formatOf: Frame["formatOf"]): object => {
  const { kind, uptimeMs } = entry;
  if (kind === "drop") return { seq, kind, uptimeMs, ...entry.drop };
  if (kind === "end") return { seq, kind, uptimeMs };
  const { site, values } = entry;
  const message = messageOf(entry, formatOf);
  return {
    seq,
    kind,
    uptimeMs,
    ...site,
    format: formatOf(site.format),
    values: values.map(valueJson),
    message,
  };
};

const frameJson = ({ explained, formatOf, notes }: Frame): object => {
  const { header, head, body, fault } = explained;
  const first = header?.first ?? 0;
  const read =
    body?.kind === "entries"
      ? { entries: body.entries.map((entry, index) => entryJson(entry, first + index, formatOf)) }
      : { tombstone: body };
  return {
    header,
    head,
    ...read,
    fault:
      fault === null ? null : { kind: fault.fault, offset: fault.offset, reason: fault.reason },
    notes,
  };
};

const ackJson = ({ explained }: Extract<Explained, { kind: "ack" }>): object =>
  explained.ok
    ? { ack: explained.ack, fault: null }
    : { ack: null, fault: { kind: "ack", offset: explained.offset, reason: explained.reason } };

/** What a payload says, as one object for `JSON.stringify`; `line` is 0 for raw bytes. */
export const jsonOf = (
  { line, bytes }: Extract<Payload, { ok: true }>,
  read: Explained,
  isExplained: boolean,
): object => ({
  kind: read.kind,
  line,
  bytes: bytes.length,
  ...(read.kind === "ack" ? ackJson(read) : frameJson(read)),
  ...(isExplained ? { fields: read.explained.fields } : {}),
});

/** The same for a part of the input that is no payload. */
export const faultJson = ({ line, reason }: Extract<Payload, { ok: false }>): object => ({
  kind: "unreadable",
  line,
  fault: { kind: "input", offset: 0, reason },
});
