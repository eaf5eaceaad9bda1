import type { Lookup, Meaning } from "../definition.ts";
import {
  type DropCount,
  dropReasons,
  type Entry,
  type Level,
  levels,
  type Site,
  type Value,
} from "../event.ts";
import { integerLimit } from "../limits.ts";
import { siteOf } from "./decode-head.ts";
import { bodyLimitCharacters, createValueReader, type ValueReader } from "./decode-values.ts";
import {
  givenBit,
  middleSteps,
  shortSteps,
  special,
  specialDrop,
  specialEnd,
  specialInline,
  threeByteStep,
  threeByteSteps,
  twoByteStep,
  twoByteSteps,
  valuesBit,
} from "./layout.ts";
import type { Reader } from "./reader.ts";

/** A numbered site within one body. */
interface Running {
  number: number;
  site: Site;
  valueCount: number;
  /** Its values in the last event; null before the first. */
  values: Value[] | null;
  /** The site that was given, not predicted, when it came after this one last. */
  next: Running | null;
  /** Characters of format and values. */
  weight: number;
}

export const readDrop = (reader: Reader): DropCount => {
  const level = readLevel(reader);
  const at = reader.offset();
  const number = reader.varint();
  const reason = dropReasons[number];
  if (reason === undefined) reader.fail(`drop reason ${number} is not known`, at);
  return { level, reason: reason ?? "unreadable", count: reader.varint() };
};

const readLevel = (reader: Reader): Level => {
  const at = reader.offset();
  const number = reader.byte();
  const level = levels[number];
  if (level === undefined) reader.fail(`level ${number} is not known`, at);
  return level ?? "fatal";
};

/** The step of uptime that a lead's low bits begin. */
const readStep = (reader: Reader, code: number, at: number): number => {
  if (code < shortSteps) return code;
  if (code < shortSteps + middleSteps)
    return shortSteps + (code - shortSteps) * 256 + reader.byte();
  if (code === special) reader.fail("a step of no known length", at);
  if (code > threeByteStep) return reader.varint();
  const low = reader.byte() + reader.byte() * 256;
  if (code === twoByteStep) return twoByteSteps + low;
  return threeByteSteps + low + reader.byte() * 65_536;
};

/** Characters that any value counts, for its text has some whatever it is. */
const leastWeight = 8;

const weightOf = (site: Site, values: readonly Value[]): number => {
  let weight = site.format.length + site.tag.length + values.length * leastWeight;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as Value;
    if (typeof value === "string") weight += value.length;
    else if (value !== null && typeof value === "object") {
      weight += value instanceof Uint8Array ? value.length * 2 : value.json.length;
    }
  }
  return weight;
};

/** Values of a site that was in this body before: those that are others now, by their masks. */
const readChanges = (reader: Reader, valueReader: ValueReader, before: Value[]): Value[] => {
  const at = reader.offset();
  const values = before.slice();
  if (values.length === 1) {
    values[0] = valueReader.read(before[0]);
    return values;
  }
  let mask = 0;
  for (let index = 0; index < values.length; index++) {
    if (index % 8 === 0) mask = reader.byte();
    if (mask & (1 << (index % 8))) values[index] = valueReader.read(before[index]);
  }
  const left = values.length % 8;
  if (left > 0 && mask >> left > 0) reader.fail("a mask beyond the values", at);
  return values;
};

/** The entries of a body, to the end of the payload; `lookup` knows what the numbers mean. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: each entry leaves something for those after it
export const readEntries = (reader: Reader, lookup: Lookup): Entry[] => {
  const entries: Entry[] = [];
  const running: { [number: number]: Running } = {};
  let last: Running | null = null;
  let weight = 0;
  let isEnded = false;
  let uptimeMs = reader.varint();

  const meaningOf = (number: number, kind: Meaning["kind"], at: number): Meaning | undefined => {
    const meaning = lookup(number);
    if (meaning !== undefined && meaning.kind === kind) return meaning;
    reader.fail(`no ${kind} is defined as ${number}`, at);
    return undefined;
  };
  const valueReader = createValueReader(reader, (number, at) => {
    const meaning = meaningOf(number, "text", at);
    return meaning?.kind === "text" ? meaning.text : "";
  });
  const start = (number: number, at: number): Running | null => {
    const meaning = meaningOf(number, "site", at);
    if (meaning?.kind !== "site") return null;
    const { site, valueCount } = meaning;
    const started: Running = { number, site, valueCount, values: null, next: null, weight: 0 };
    running[number] = started;
    return started;
  };
  const siteAt = (lead: number, at: number): Running | null => {
    if (lead < givenBit) {
      if (last?.next) return last.next;
      const number = last === null ? 0 : last.number + 1;
      return running[number] ?? start(number, at);
    }
    const number = reader.number();
    const given = running[number] ?? start(number, at);
    if (last !== null) last.next = given;
    return given;
  };
  const readValues = (site: Running, hasValues: boolean): Value[] => {
    if (site.values !== null && !hasValues) return site.values;
    const values = site.values === null ? [] : readChanges(reader, valueReader, site.values);
    if (site.values === null) {
      for (let left = site.valueCount; left > 0 && reader.fault() === null; left--) {
        values.push(valueReader.read(undefined));
      }
    }
    site.weight = weightOf(site.site, values);
    return values;
  };
  const readEvent = (lead: number, at: number): Entry | null => {
    const site = siteAt(lead, at);
    uptimeMs += readStep(reader, lead & special, at);
    if (site === null) return null;
    last = site;
    const values = readValues(site, (lead & valuesBit) > 0);
    site.values = values;
    weight += site.weight;
    return { kind: "event", uptimeMs, site: site.site, values };
  };
  const readInline = (): Entry => {
    const kind = reader.byte();
    const count = reader.varint();
    const tag = reader.text(reader.varint());
    const site = siteOf(reader, kind, tag, reader.text(reader.varint()));
    const values: Value[] = [];
    for (let left = count; left > 0 && reader.fault() === null; left--) {
      values.push(valueReader.read(undefined));
    }
    weight += weightOf(site, values);
    return { kind: "event", uptimeMs, site, values };
  };
  const readSpecial = (at: number): Entry | null => {
    const what = reader.byte();
    uptimeMs += reader.varint();
    if (what === specialDrop) return { kind: "drop", uptimeMs, drop: readDrop(reader) };
    if (what === specialEnd) {
      isEnded = true;
      return { kind: "end", uptimeMs };
    }
    if (what === specialInline) return readInline();
    reader.fail(`entry of unknown kind ${what}`, at);
    return null;
  };
  while (!reader.isAtEnd()) {
    const at = reader.offset();
    if (isEnded) reader.fail("an entry after the end of the boot", at);
    const lead = reader.byte();
    const entry = lead === special ? readSpecial(at) : readEvent(lead, at);
    if (uptimeMs > integerLimit) reader.fail("uptime above 2^53 - 1", at);
    if (weight > bodyLimitCharacters) {
      reader.fail(`texts of more than ${bodyLimitCharacters} characters`, at);
    }
    if (entry !== null) entries.push(entry);
  }
  return entries;
};
