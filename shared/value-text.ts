import type { Directive } from "./directive.ts";
import type { Value } from "./event.ts";
import { hexDigits, numberText, plainText } from "./number-text.ts";

/** A value under one directive. */
export type Show = (value: Value) => string;

const hex = (bytes: Uint8Array): string => {
  let text = "";
  for (let index = 0; index < bytes.length; index++) {
    text += `0${(bytes[index] as number).toString(16)}`.slice(-2);
  }
  return text;
};

/** A value as people read it: `-0` keeps its sign, bytes are hex, JSON is its text. */
export const textOf: Show = (value) => {
  if (typeof value === "string") return value;
  if (typeof value === "number") return plainText(value);
  if (value === null || typeof value !== "object") return String(value);
  return value instanceof Uint8Array ? hex(value) : value.json;
};

/** The first `length` code units, less half a character at their end. */
export const cutText = (text: string, length: number): string => {
  if (text.length <= length) return text;
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? length - 1 : length);
};

const characterOf: Show = (value) => {
  if (typeof value !== "number" || Math.floor(value) !== value) return textOf(value);
  if (value < 0 || value > 0x10ffff) return textOf(value);
  if (value < 0x10000) return String.fromCharCode(value);
  return String.fromCharCode(0xd800 + ((value - 0x10000) >> 10), 0xdc00 + (value & 0x3ff));
};

const contentOf = (value: Value, directive: Directive): string => {
  const kind = directive.kind;
  if (kind === "s") {
    const text = textOf(value);
    return directive.precision < 0 ? text : cutText(text, directive.precision);
  }
  if (kind === "j") return typeof value === "string" ? JSON.stringify(value) : textOf(value);
  if (kind === "c") return characterOf(value);
  if (kind === "a" || kind === "A") return textOf(value);
  const number = typeof value === "boolean" ? Number(value) : value;
  return typeof number === "number" ? numberText(number, directive) : textOf(value);
};

const mostSpaces = "                                                                ";

const fill = (text: string, directive: Directive): string => {
  const missing = directive.width - text.length;
  if (missing <= 0) return text;
  const filling = mostSpaces.slice(0, missing);
  return directive.isLeft ? text + filling : filling + text;
};

/** Any value under any directive; one of the wrong kind appears as it is. */
export const show = (value: Value, directive: Directive): string =>
  fill(contentOf(value, directive), directive);

const plainOf = (kind: string): Directive => ({
  kind,
  isLeft: false,
  isZeroed: false,
  sign: "",
  isAlternate: false,
  width: 0,
  precision: -1,
});

const plainInteger = plainOf("d");
const plainHex = plainOf("x");

const showInteger: Show = (value) =>
  typeof value === "number" && Math.floor(value) === value
    ? String(value)
    : show(value, plainInteger);

const showHex: Show = (value) =>
  typeof value === "number" && value >= 0 && Math.floor(value) === value
    ? hexDigits(value)
    : show(value, plainHex);

/** `show` for one directive, without detours for the commonest: `%d`, `%u`, `%s` and `%x`. */
export const showOf = (directive: Directive): Show => {
  const { kind, width, precision } = directive;
  if (width === 0 && precision < 0) {
    if (kind === "s") return textOf;
    if (kind === "u" || (kind === "d" && directive.sign === "")) return showInteger;
    if (kind === "x" && !directive.isAlternate) return showHex;
  }
  return (value) => show(value, directive);
};
