import type { Directive } from "./directive.ts";
import { decimalsLimit, floatDigits, zeros } from "./float-text.ts";

const radixes: { [kind: string]: number } = { x: 16, X: 16, p: 16, o: 8, b: 2 };

/** A number as text, exact and shortest; `-0` keeps its sign. */
export const plainText = (value: number): string =>
  value === 0 && 1 / value < 0 ? "-0" : String(value);

/**
 * A number from 0 on in hex. In two halves from 2^31 on, where it is no small integer to the engine
 * any more and takes eight times as long.
 */
export const hexDigits = (magnitude: number): string =>
  magnitude <= 0x7fffffff || magnitude > 0xffffffff
    ? magnitude.toString(16)
    : Math.floor(magnitude / 65536).toString(16) +
      (65536 + (magnitude % 65536)).toString(16).slice(1);

const digitsOf = (magnitude: number, radix: number | undefined): string => {
  if (radix === undefined) return String(magnitude);
  return radix === 16 ? hexDigits(magnitude) : magnitude.toString(radix);
};

const integerDigits = (magnitude: number, directive: Directive): string => {
  const precision = Math.min(directive.precision, decimalsLimit);
  if (precision === 0 && magnitude === 0) return "";
  const text = digitsOf(magnitude, radixes[directive.kind]);
  return zeros(precision - text.length) + text;
};

const prefixOf = (magnitude: number, digits: string, directive: Directive): string => {
  const kind = directive.kind;
  if (kind === "p") return "0x";
  if (!directive.isAlternate) return "";
  if (kind === "o") return digits.charAt(0) === "0" ? "" : "0";
  return magnitude !== 0 && (kind === "x" || kind === "X" || kind === "b") ? `0${kind}` : "";
};

const signOf = (isNegative: boolean, directive: Directive): string => {
  if (isNegative) return "-";
  const isUnsigned = directive.kind === "u" || radixes[directive.kind] !== undefined;
  return isUnsigned ? "" : directive.sign;
};

const assemble = (sign: string, digits: string, isZeroed: boolean, width: number): string =>
  isZeroed ? sign + zeros(width - sign.length - digits.length) + digits : sign + digits;

const floatText = (value: number, directive: Directive): string => {
  const isNegative = value < 0 || 1 / value < 0;
  const digits = floatDigits(Math.abs(value), directive);
  const sign = signOf(isNegative, directive);
  const text = assemble(sign, digits, directive.isZeroed, directive.width);
  return directive.kind === "E" || directive.kind === "G" ? text.toUpperCase() : text;
};

/** Negative integers as C prints 32-bit ones, in every radix but ten. */
const unsigned = (value: number, kind: string): number =>
  value < 0 && value >= -2147483648 && radixes[kind] !== undefined ? value + 4294967296 : value;

const integerText = (value: number, directive: Directive): string => {
  const whole = unsigned(value, directive.kind);
  const magnitude = Math.abs(whole);
  const digits = integerDigits(magnitude, directive);
  const sign = signOf(whole < 0, directive) + prefixOf(magnitude, digits, directive);
  const isZeroed = directive.isZeroed && directive.precision < 0;
  const text = assemble(sign, digits, isZeroed, directive.width);
  return directive.kind === "X" ? text.toUpperCase() : text;
};

const floats = "feFgEG";

/**
 * A number as C prints it, but for its spaces: sign, prefix, digits. Where an integer is asked for
 * a fraction appears as it is, except under %i, which cuts it off; so do the infinities and NaN.
 */
export const numberText = (value: number, directive: Directive): string => {
  const kind = directive.kind;
  if (value * 0 !== 0) return signOf(value < 0, directive) + String(Math.abs(value));
  if (floats.indexOf(kind) >= 0) return floatText(value, directive);
  const cut = value < 0 ? Math.ceil(value) : Math.floor(value);
  return kind === "i" || cut === value ? integerText(cut, directive) : plainText(value);
};
