import type { Definition, FrameHead, Meaning } from "../../definition.ts";
import { bootText, type FrameHeader } from "../../frame.ts";
import { countUnit, longCount, replacesBit, sameTagBit, textKind } from "../layout.ts";
import { fromByteText } from "../text.ts";
import { type FieldList, siteText } from "./fields.ts";

/** Names the outer header. */
export const nameHeader = (list: FieldList, header: FrameHeader): void => {
  const { boot, base, first } = header;
  const mark = list.peek(0);
  list.take(1, "protocol byte", `header ${(mark >> 4).toString(16)}, body format ${mark & 15}`);
  list.take(1, "nonce", `${boot.nonce} (boot ${bootText(boot)})`);
  list.take(1, "number", String(boot.number));
  list.take(1, "first", String(first));
  list.take(1, "first - base", `${first - base} (base ${base})`);
  list.take(1, "count", String(header.count));
  list.take(1, "sendUptimeMs", String(header.sendUptimeMs));
  if (header.endedAgoMs !== undefined) {
    list.take(1, "endedAgoMs", String(header.endedAgoMs));
    return;
  }
  list.take(1, "ackId", header.ackId === 0 ? "0 (no ack yet)" : String(header.ackId));
  if (header.ackId === 0) return;
  const ageMs = header.sendUptimeMs - header.ackUptimeMs;
  list.take(1, "sendUptimeMs - ackUptimeMs", `${ageMs} (ackUptimeMs ${header.ackUptimeMs})`);
};

const textOf = (meaning: Meaning): string => {
  if (meaning.kind === "site") return meaning.site.format;
  return meaning.kind === "text" ? fromByteText(meaning.text) : meaning.hash;
};

/** A meaning in one line. */
export const meaningText = (meaning: Meaning): string => {
  if (meaning.kind === "text") return `text ${JSON.stringify(textOf(meaning))}`;
  if (meaning.kind === "dictionary") return `dictionary ${meaning.hash}`;
  const { site, valueCount } = meaning;
  return `site ${siteText(site)}, ${valueCount} value${valueCount === 1 ? "" : "s"}`;
};

/** Answers whether all of it was there. */
const nameDefinition = (list: FieldList, definition: Definition): boolean => {
  const { meaning, number, replaces } = definition;
  const flags = list.peek(1);
  const kind = flags % replacesBit;
  const hasTag = !(flags & sameTagBit);
  if (!list.take(2, `definition ${number}`, meaningText(meaning))) return false;
  if (flags & replacesBit && !list.take(1, "replaces", String(replaces))) return false;
  if (
    Math.floor(flags / countUnit) === longCount &&
    !list.take(1, "values", String(list.peek(0)))
  ) {
    return false;
  }
  const tag = meaning.kind === "site" ? meaning.site.tag : "";
  if (hasTag && !list.take(2, "tag", JSON.stringify(tag))) return false;
  const isBegun = list.peek(0) % 2 === 1;
  const from = isBegun
    ? `, begins with ${list.peek(2)} bytes of the text ${list.peek(1)} before`
    : "";
  const text = JSON.stringify(textOf(meaning)) + from;
  return list.take(isBegun ? 4 : 2, kind < textKind ? "format" : "text", text);
};

/** Names the head of a body; answers how many of its definitions are whole. */
export const nameHead = (list: FieldList, head: FrameHead): number => {
  const { needs, settled, definitions } = head;
  const hasMore = list.peek(0) % 2 === 1;
  list.take(1, "needs", `${needs}${hasMore ? ", definitions follow" : ""}`);
  if (!hasMore) return 0;
  list.take(1, "settled - needs", `${settled - needs} (settled ${settled})`);
  list.take(1, "definitions", String(list.peek(0)));
  for (let index = 0; index < definitions.length; index++) {
    if (!nameDefinition(list, definitions[index] as Definition)) return index;
  }
  return definitions.length;
};
