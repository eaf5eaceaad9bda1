import { type Field, valueText } from "../../shared/codec/explain/fields.ts";
import { meaningText } from "../../shared/codec/explain/head.ts";
import { commandText } from "../../shared/command-event.ts";
import type { Definition } from "../../shared/definition.ts";
import type { DropCount, Entry, LogEvent } from "../../shared/event.ts";
import { bootText, type FrameHeader } from "../../shared/frame.ts";
import { render } from "../../shared/render.ts";
import type { Payload } from "./payloads.ts";
import type { Explained } from "./session.ts";

type Frame = Extract<Explained, { kind: "frame" }>;
type Ack = Extract<Explained, { kind: "ack" }>;

/** Text that a terminal shows and does not obey. */
const harmless = (text: string): string =>
  text.replace(/[\p{Cc}\u2028\u2029]/gu, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code}` : `\\x${code.padStart(2, "0")}`;
  });

/** The message of an event as the agent would deliver it, tokens expanded. */
export const messageOf = (event: LogEvent, formatOf: Frame["formatOf"]): string => {
  const { tag, format, isMetric } = event.site;
  if (!isMetric) return render(formatOf(format), event.values);
  return `${formatOf(format)} = ${[...event.values.map(valueText), tag].join(" ").trim()}`;
};

const dropText = ({ level, reason, count }: DropCount): string =>
  `${count} ${level} event${count === 1 ? "" : "s"}, ${reason}`;

const entryText = (entry: Entry, formatOf: Frame["formatOf"]): string => {
  if (entry.kind === "drop") return `drop   ${dropText(entry.drop)}`;
  if (entry.kind === "end") return "end    of the boot";
  const { level, tag, isMetric } = entry.site;
  const kind = (isMetric ? "metric" : level).padEnd(6);
  const before = tag === "" || isMetric ? "" : `${tag}: `;
  return `${kind} ${before}${messageOf(entry, formatOf)}`;
};

const definitionText = (definition: Definition, formatOf: Frame["formatOf"]): string => {
  const { meaning, number, replaces } = definition;
  const text =
    meaning.kind === "site"
      ? meaningText({
          ...meaning,
          site: { ...meaning.site, format: formatOf(meaning.site.format) },
        })
      : meaningText(meaning);
  return `definition ${number}: ${text}${replaces < 0 ? "" : `, replaces ${replaces}`}`;
};

const headerText = (header: FrameHeader): string => {
  const { base, sendUptimeMs, ackId, ackUptimeMs, endedAgoMs } = header;
  if (endedAgoMs !== undefined) {
    return `base ${base}, ran to ${sendUptimeMs} ms, sent by a later boot ${endedAgoMs} ms after`;
  }
  const ack = ackId === 0 ? "no ack yet" : `ack ${ackId} came at ${ackUptimeMs} ms`;
  return `base ${base}, sent at ${sendUptimeMs} ms, ${ack}`;
};

/** Bytes shown of a field. */
const shownBytes = 8;

const fieldText = ({ offset, length, name, value }: Field, bytes: Uint8Array): string => {
  const shown = Buffer.from(bytes.subarray(offset, offset + Math.min(length, shownBytes))).toString(
    "hex",
  );
  const hex = `${shown.replace(/..(?=.)/g, "$& ")}${length > shownBytes ? " .." : ""}`;
  return `${String(offset).padStart(5)}  ${hex.padEnd(26)}  ${name} = ${value}`;
};

const frameLines = ({ explained, formatOf, notes }: Frame): string[] => {
  const { header, head, body, fault } = explained;
  const lines: string[] = [];
  if (header !== null) lines.push(headerText(header));
  if (head !== null) lines.push(`needs ${head.needs} definitions, settles ${head.settled}`);
  for (const each of head?.definitions ?? []) lines.push(definitionText(each, formatOf));
  if (body?.kind === "tombstone") {
    lines.push(`stands for what was lost, from ${body.uptimeMs} ms`, ...body.drops.map(dropText));
  }
  for (const [index, entry] of (body?.kind === "entries" ? body.entries : []).entries()) {
    const seq = (header?.first ?? 0) + index;
    lines.push(`${seq}  ${entry.uptimeMs} ms  ${entryText(entry, formatOf)}`);
  }
  if (fault !== null) lines.push(`${fault.fault} fault at byte ${fault.offset}: ${fault.reason}`);
  return [...lines, ...notes.map((note) => `note: ${note}`)];
};

const ackLines = ({ explained }: Ack): string[] => {
  if (!explained.ok) return [`fault at byte ${explained.offset}: ${explained.reason}`];
  const { storeId, ackId, next, definitions, epochMs, busyMs, command } = explained.ack;
  const store = storeId.toString(16).padStart(8, "0");
  const time = epochMs <= 8.64e15 ? ` (${new Date(epochMs).toISOString()})` : "";
  return [
    `store ${store}, ack ${ackId}, wants seq ${next}, holds ${definitions} definitions`,
    `left at ${epochMs} ms${time}, busy for ${busyMs} ms`,
    ...(command === undefined ? [] : [`command ${command.id}: ${commandText(command)}`]),
  ];
};

const title = (read: Explained, bytes: Uint8Array): string => {
  const size = `${bytes.length} bytes`;
  if (read.kind === "ack") {
    return `ack, ${size}${read.explained.ok ? `, boot ${bootText(read.explained.ack.boot)}` : ""}`;
  }
  const { header, body } = read.explained;
  if (header === null) return `no frame, ${size}`;
  const seqs = `seq ${header.first} to ${header.first + header.count - 1}`;
  const kind = body?.kind === "tombstone" ? "tombstone" : "frame";
  return `${kind}, ${size}, boot ${bootText(header.boot)}, ${seqs}`;
};

const place = ({ line }: Payload): string => (line === 0 ? "" : `line ${line}: `);

/** What a payload says, for people: a title, then lines set in; control characters are escaped. */
export const linesOf = (
  payload: Extract<Payload, { ok: true }>,
  read: Explained,
  isExplained: boolean,
): string[] => {
  const lines = read.kind === "ack" ? ackLines(read) : frameLines(read);
  const fields = isExplained
    ? read.explained.fields.map((field) => fieldText(field, payload.bytes))
    : [];
  const whole = [...fields.map((line) => `  ${line}`), ...lines.map((line) => `  ${line}`)];
  return [place(payload) + title(read, payload.bytes), ...whole].map(harmless);
};

/** What is wrong with a part of the input that is no payload. */
export const faultLine = (payload: Extract<Payload, { ok: false }>): string =>
  harmless(`${place(payload)}cannot be read: ${payload.reason}`);
