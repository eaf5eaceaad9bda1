import type { Site, Value } from "../../event.ts";
import type { Read } from "./recording-reader.ts";

/** A range of bytes and what it says. */
export interface Field {
  offset: number;
  length: number;
  name: string;
  /** For people. */
  value: string;
}

/** Gives names to reads, in their order. */
export interface FieldList {
  fields: Field[];
  /** The number that comes next, or `ahead` places after it; NaN where there is none. */
  peek(ahead: number): number;
  /** Names the next `count` reads as one field. With fewer left it does nothing and answers false. */
  take(count: number, name: string, value: string): boolean;
  /** Whether all reads have names. */
  isDone(): boolean;
  /** Names what is left of `length` bytes: read in vain, or not at all. */
  finish(length: number): Field[];
}

export const createFieldList = (reads: Read[]): FieldList => {
  const fields: Field[] = [];
  let next = 0;
  let offset = 0;

  const add = (to: number, name: string, value: string): void => {
    if (to > offset) fields.push({ offset, length: to - offset, name, value });
    offset = to;
  };
  const endOf = (index: number): number => {
    const read = reads[index];
    return read === undefined ? offset : read.offset + read.length;
  };
  return {
    fields,
    peek(ahead) {
      const value = reads[next + ahead]?.value;
      return typeof value === "number" ? value : NaN;
    },
    take(count, name, value) {
      if (next + count > reads.length) return false;
      next += count;
      add(endOf(next - 1), name, value);
      return true;
    },
    isDone: () => next >= reads.length,
    finish(length) {
      add(endOf(reads.length - 1), "unfinished", "read before the fault");
      add(length, "not read", `${length - offset} bytes`);
      return fields;
    },
  };
};

const hexOf = (bytes: Uint8Array): string => {
  let text = "";
  for (let index = 0; index < bytes.length; index++) {
    text += `0${(bytes[index] as number).toString(16)}`.slice(-2);
  }
  return text;
};

/** A value as people read it: texts in quotes, bytes in hex, JSON as it is. */
export const valueText = (value: Value): string => {
  if (typeof value === "string") return JSON.stringify(value);
  if (value === null || typeof value !== "object") {
    return value === 0 && 1 / value < 0 ? "-0" : String(value);
  }
  return value instanceof Uint8Array ? `bytes ${hexOf(value)}` : value.json;
};

/** A site in one line. */
export const siteText = (site: Site): string => {
  const tag = site.tag === "" ? "" : ` ${site.tag}`;
  return `${site.isMetric ? "metric" : site.level}${tag} ${JSON.stringify(site.format)}`;
};
