import type { Value } from "./event.ts";
import { type Directive, isFlagged, numberText, plainText } from "./number-text.ts";

/** Widths beyond this are cut, so that no frame grows beyond what CloudWatch takes. */
const widthLimit = 64;

/** A width begins with 1 to 9, so that no zero can be read in two ways: the search stays linear. */
const directives = /%([-+ 0#]*)([1-9]\d*)?(\.\d*)?([diufFeEgGsxXocjbp%])/g;

/** The letters of a format's directives, in order: one for each value it asks for. */
export const directiveKinds = (format: string): string[] =>
  (format.match(directives) || []).map((found) => found.slice(-1)).filter((kind) => kind !== "%");

/** How many values a format asks for. */
export const countDirectives = (format: string): number => directiveKinds(format).length;

const hex = (bytes: Uint8Array): string => {
  let text = "";
  for (let index = 0; index < bytes.length; index++) {
    text += `0${(bytes[index] as number).toString(16)}`.slice(-2);
  }
  return text;
};

/** A value as people read it: `-0` keeps its sign, bytes are hex, JSON is its text. */
export const textOf = (value: Value): string => {
  if (typeof value === "number") return plainText(value);
  if (value === null || typeof value !== "object") return String(value);
  return value instanceof Uint8Array ? hex(value) : value.json;
};

const characterOf = (value: Value): string => {
  if (typeof value !== "number" || Math.floor(value) !== value) return textOf(value);
  if (value < 0 || value > 0x10ffff) return textOf(value);
  if (value < 0x10000) return String.fromCharCode(value);
  return String.fromCharCode(0xd800 + ((value - 0x10000) >> 10), 0xdc00 + (value & 0x3ff));
};

const renderOne = (value: Value, directive: Directive): string => {
  const kind = directive.kind;
  if (kind === "s") {
    const text = textOf(value);
    return directive.precision < 0 ? text : text.slice(0, directive.precision);
  }
  if (kind === "j") return typeof value === "string" ? JSON.stringify(value) : textOf(value);
  if (kind === "c") return characterOf(value);
  const number = typeof value === "boolean" ? Number(value) : value;
  return typeof number === "number" ? numberText(number, directive) : textOf(value);
};

const pad = (text: string, directive: Directive): string => {
  let filling = "";
  while (filling.length + text.length < directive.width) filling += " ";
  return isFlagged(directive, "-") ? text + filling : filling + text;
};

/**
 * The message of an event: printf's `%d %i %u %s %f %e %g %x %X %o %b %c %j %p %%` with flags, width
 * and precision, as C prints them. A value of the wrong kind appears as it is, a missing one leaves
 * its directive standing, and those left over follow, each after a space. Without values the format
 * is plain text.
 */
export const render = (format: string, values: readonly Value[]): string => {
  if (values.length === 0) return format;
  let used = 0;
  const text = format.replace(
    directives,
    (whole: string, flags: string, width: string, precision: string, kind: string) => {
      if (kind === "%") return "%";
      const value = values[used];
      if (value === undefined) return whole;
      used++;
      const directive = {
        flags,
        width: Math.min(parseInt(width || "0", 10), widthLimit),
        precision: precision ? parseInt(`0${precision.slice(1)}`, 10) : -1,
        kind,
      };
      return pad(renderOne(value, directive), directive);
    },
  );
  let rest = "";
  for (let index = used; index < values.length; index++) {
    rest += ` ${textOf(values[index] as Value)}`;
  }
  return text + rest;
};
