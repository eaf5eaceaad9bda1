import type { Definition, FrameHead, Meaning } from "../definition.ts";
import { levels, type Site } from "../event.ts";
import { integerLimit } from "../limits.ts";
import { metricLevel } from "./header.ts";
import {
  countUnit,
  dictionaryKind,
  longCount,
  replacesBit,
  sameTagBit,
  textKind,
} from "./layout.ts";
import type { Reader } from "./reader.ts";
import { fromByteText } from "./text.ts";

/** Characters that the tags and texts of a head may have in all, each definition counted in full. */
const headLimitCharacters = 1_048_576;

/** What a definition may take over from the one before it: byte texts. */
interface Before {
  number: number;
  tag: string;
  /** Those of this head so far, in order. */
  texts: string[];
  /** Characters of all so far. */
  characters: number;
}

/** A site from its parts; a fault if `kind` is no level. */
export const siteOf = (reader: Reader, kind: number, tag: string, format: string): Site => {
  const level = kind === metricLevel ? "info" : levels[kind];
  if (level === undefined) reader.fail(`level ${kind} is not known`, reader.offset() - 1);
  const site: Site = {
    level: level ?? "fatal",
    tag: fromByteText(tag),
    format: fromByteText(format),
  };
  if (kind === metricLevel) site.isMetric = true;
  return site;
};

const readText = (reader: Reader, before: Before): string => {
  const at = reader.offset();
  const length = reader.varint();
  const isBegun = length % 2 === 1;
  const from = isBegun ? before.texts[before.texts.length - reader.byte()] : "";
  const common = isBegun ? reader.byte() : 0;
  if (from === undefined || common > from.length) {
    reader.fail(`no ${common} bytes to begin with`, at);
    return "";
  }
  const text = from.substr(0, common) + reader.text((length - (length % 2)) / 2);
  before.texts.push(text);
  return text;
};

const readDefinition = (reader: Reader, before: Before): Definition => {
  const number = before.number + 1 + reader.varint();
  const at = reader.offset();
  const flags = reader.byte();
  const kind = flags % replacesBit;
  const replaces = flags & replacesBit ? number - 1 - reader.varint() : -1;
  const shortCount = Math.floor(flags / countUnit);
  const valueCount = shortCount === longCount ? reader.varint() : shortCount;
  if (!(flags & sameTagBit)) before.tag = reader.text(reader.varint());
  const text = readText(reader, before);
  before.number = number;
  if (number > integerLimit) reader.fail("number above 2^53 - 1", at);
  before.characters += before.tag.length + text.length;
  if (before.characters > headLimitCharacters) {
    reader.fail(`definitions of more than ${headLimitCharacters} characters`, at);
  }
  if (replaces < -1 || (flags & replacesBit && replaces < 0)) {
    reader.fail("a definition that replaces none", at);
  }
  return {
    number,
    replaces,
    meaning: meaningOf(reader, { kind, valueCount, tag: before.tag, text }),
  };
};

const meaningOf = (
  reader: Reader,
  from: { kind: number; valueCount: number; tag: string; text: string },
): Meaning => {
  const { kind, valueCount, tag, text } = from;
  if (kind === textKind) return { kind: "text", text };
  if (kind === dictionaryKind) return { kind: "dictionary", hash: text };
  return { kind: "site", site: siteOf(reader, kind, tag, text), valueCount };
};

/** The head of a body of entries. */
export const readHead = (reader: Reader): FrameHead => {
  const first = reader.varint();
  const needs = Math.floor(first / 2);
  const definitions: Definition[] = [];
  if (first % 2 === 0) return { needs, settled: needs, definitions };
  const settled = needs + reader.varint();
  if (settled > integerLimit) reader.fail("number above 2^53 - 1", reader.offset());
  const before: Before = { number: needs - 1, tag: "", texts: [], characters: 0 };
  for (let left = reader.varint(); left > 0 && reader.fault() === null; left--) {
    definitions.push(readDefinition(reader, before));
  }
  return { needs, settled, definitions };
};
