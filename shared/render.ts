import type { Value } from "./event.ts";

/** Widths beyond this are cut, so that no frame grows beyond what CloudWatch takes. */
const widthLimit = 64;

const directive = /%([-+ 0#]*)(\d*)(?:\.(\d*))?([diufFeEgGsxXocjbp%])/g;

/** How many values a format asks for. */
export const countDirectives = (format: string): number =>
  (format.match(directive) || []).filter((found) => found.slice(-1) !== "%").length;

const hex = (bytes: Uint8Array): string => {
  let text = "";
  for (let index = 0; index < bytes.length; index++) {
    text += `0${(bytes[index] as number).toString(16)}`.slice(-2);
  }
  return text;
};

/** A value as people read it: `-0` keeps its sign, bytes are hex, JSON is its text. */
export const textOf = (value: Value): string => {
  if (typeof value === "number") return value === 0 && 1 / value < 0 ? "-0" : String(value);
  if (value === null || typeof value !== "object") return String(value);
  return value instanceof Uint8Array ? hex(value) : value.json;
};

const pad = (text: string, flags: string, width: number): string => {
  const isLeft = flags.indexOf("-") >= 0;
  const isZero = flags.indexOf("0") >= 0 && !isLeft;
  const sign = isZero && /^[+-]/.test(text) ? text.charAt(0) : "";
  let filling = "";
  while (filling.length + text.length < width) filling += isZero ? "0" : " ";
  return isLeft ? text + filling : sign + filling + text.slice(sign.length);
};

const signed = (text: string, flags: string): string => {
  if (text.charAt(0) === "-") return text;
  if (flags.indexOf("+") >= 0) return `+${text}`;
  return flags.indexOf(" ") >= 0 ? ` ${text}` : text;
};

/** Hexadecimal and octal of negative integers as C prints 32-bit ones. */
const unsigned = (value: number, radix: number): string => {
  const whole = truncate(value);
  return (whole < 0 && whole >= -2147483648 ? whole + 4294967296 : whole).toString(radix);
};

const truncate = (value: number): number => (value < 0 ? Math.ceil(value) : Math.floor(value));

const exponent = (text: string): string => text.replace(/e([+-])(\d)$/, "e$10$2");

/** C's %g: the shorter of the two notations, without trailing zeros. */
const general = (value: number, digits: number): string => {
  const significant = Math.min(Math.max(digits, 1), 100);
  const scientific = value.toExponential(significant - 1);
  const power = parseInt(scientific.slice(scientific.indexOf("e") + 1), 10);
  const isPlain = power >= -4 && power < significant;
  const text = isPlain ? value.toFixed(Math.min(100, significant - 1 - power)) : scientific;
  return exponent(text.replace(/(\.\d*?)0+(?=e|$)/, "$1").replace(/\.(?=e|$)/, ""));
};

const renderNumber = (value: number, kind: string, precision: number): string => {
  const digits = Math.min(precision < 0 ? 6 : precision, 100);
  if (kind === "x" || kind === "p") return unsigned(value, 16);
  if (kind === "X") return unsigned(value, 16).toUpperCase();
  if (kind === "o") return unsigned(value, 8);
  if (kind === "b") return unsigned(value, 2);
  if (kind === "d" || kind === "i" || kind === "u") return textOf(truncate(value) + 0);
  if (kind === "e" || kind === "E") return exponent(value.toExponential(digits));
  if (kind === "g" || kind === "G") return general(value, digits);
  return Math.abs(value) < 1e21 ? value.toFixed(digits) : String(value);
};

const renderOne = (kind: string, flags: string, precision: number, value: Value): string => {
  if (kind === "s") return precision < 0 ? textOf(value) : textOf(value).slice(0, precision);
  if (kind === "j") return typeof value === "string" ? JSON.stringify(value) : textOf(value);
  if (kind === "c") {
    return typeof value === "number" ? String.fromCharCode(value) : textOf(value);
  }
  const number = typeof value === "boolean" ? Number(value) : value;
  if (typeof number !== "number") return textOf(value);
  if (number * 0 !== 0) return signed(String(number), flags);
  const text = signed(renderNumber(number, kind, precision), flags);
  return kind === "E" || kind === "G" ? text.toUpperCase() : text;
};

/**
 * The message of an event: printf's `%d %i %u %s %f %e %g %x %X %o %b %c %j %p %%` with flags, width
 * and precision. A value of the wrong kind appears as it is, a missing one leaves its directive
 * standing, and those left over follow, each after a space. Without values the format is plain text.
 */
export const render = (format: string, values: readonly Value[]): string => {
  if (values.length === 0) return format;
  let used = 0;
  const text = format.replace(
    directive,
    (whole: string, flags: string, width: string, precision: string | undefined, kind: string) => {
      if (kind === "%") return "%";
      const value = values[used];
      if (value === undefined) return whole;
      used++;
      const limit = precision === undefined ? -1 : parseInt(precision || "0", 10);
      const piece = renderOne(kind, flags, limit, value);
      return pad(piece, flags, Math.min(parseInt(width || "0", 10), widthLimit));
    },
  );
  let rest = "";
  for (let index = used; index < values.length; index++) {
    rest += ` ${textOf(values[index] as Value)}`;
  }
  return text + rest;
};
