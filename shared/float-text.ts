import type { Directive } from "./directive.ts";

/** The most decimals that `toFixed` and its kin give; precisions of numbers beyond it are cut. */
export const decimalsLimit = 100;

const mostZeros = (0).toFixed(decimalsLimit).slice(2);

/** Zeros, 100 at most; none for a negative count. */
export const zeros = (count: number): string => mostZeros.slice(0, Math.max(0, count));

const mantissaOf = (text: string): string => {
  const end = text.indexOf("e");
  return end < 0 ? text : text.slice(0, end);
};

const isEven = (digits: string): boolean => "02468".indexOf(digits.slice(-1)) >= 0;

/**
 * `toFixed` rounds the exact value as C does, but a tie up and not to the even digit. A tie is an odd
 * multiple of 2^-(decimals + 1): products with powers of two are exact, and so is the remainder.
 */
const fixedOf = (magnitude: number, decimals: number): string => {
  const rounded = magnitude.toFixed(decimals);
  if (decimals >= decimalsLimit) return rounded;
  if ((magnitude * 2 ** (decimals + 1)) % 2 !== 1) return rounded;
  const kept = magnitude.toFixed(decimals + 1).slice(0, decimals === 0 ? -2 : -1);
  return isEven(kept) ? kept : rounded;
};

/** From 10^21 on `toFixed` gives up; the digits of numbers from 10^99 on are left out. */
const fixed = (magnitude: number, decimals: number): string => {
  if (magnitude < 1e21) return fixedOf(magnitude, decimals);
  if (magnitude >= 1e99) return String(magnitude);
  const digits = magnitude.toPrecision(decimalsLimit);
  const whole = digits.slice(0, digits.indexOf("."));
  return decimals > 0 ? `${whole}.${zeros(decimals)}` : whole;
};

/** Ties as in `fixedOf`, found in the digits: one more ends in 5, and all the others add nothing. */
const exponential = (magnitude: number, decimals: number): string => {
  const rounded = magnitude.toExponential(decimals);
  if (decimals >= decimalsLimit) return rounded;
  if (mantissaOf(magnitude.toExponential(decimals + 1)).slice(-1) !== "5") return rounded;
  const exact = magnitude.toExponential(decimalsLimit);
  const mantissa = mantissaOf(exact);
  const end = decimals + 2;
  const kept = mantissa.slice(0, decimals === 0 ? 1 : end);
  const isTie = mantissa.slice(end) === `5${zeros(mantissa.length - end - 1)}`;
  return isTie && isEven(kept) ? kept + exact.slice(mantissa.length) : rounded;
};

/** Two digits of exponent at least. */
const scientific = (magnitude: number, decimals: number): string =>
  exponential(magnitude, decimals).replace(/e([+-])(\d)$/, "e$10$2");

const withoutZeros = (text: string): string => {
  const mantissa = mantissaOf(text);
  if (mantissa.indexOf(".") < 0) return text;
  let end = mantissa.length;
  while (mantissa.charAt(end - 1) === "0") end--;
  if (mantissa.charAt(end - 1) === ".") end--;
  return mantissa.slice(0, end) + text.slice(mantissa.length);
};

/** C's %g: the notation that fits, without zeros at its end. */
const general = (magnitude: number, precision: number, isAlternate: boolean): string => {
  const significant = Math.max(precision, 1);
  const long = scientific(magnitude, significant - 1);
  const power = parseInt(long.slice(long.indexOf("e") + 1), 10);
  const isPlain = power >= -4 && power < significant;
  const decimals = Math.min(decimalsLimit, significant - 1 - power);
  const text = isPlain ? fixed(magnitude, decimals) : long;
  return isAlternate ? text : withoutZeros(text);
};

const withPoint = (text: string): string => {
  const mantissa = mantissaOf(text);
  return mantissa.indexOf(".") < 0 ? `${mantissa}.${text.slice(mantissa.length)}` : text;
};

/** Digits, point and exponent of a finite number from 0 on, for the kinds f, e and g. */
export const floatDigits = (magnitude: number, directive: Directive): string => {
  const kind = directive.kind.toLowerCase();
  const precision = directive.precision < 0 ? 6 : Math.min(directive.precision, decimalsLimit);
  const isAlternate = directive.isAlternate;
  const text =
    kind === "f"
      ? fixed(magnitude, precision)
      : kind === "e"
        ? scientific(magnitude, precision)
        : general(magnitude, precision, isAlternate);
  return isAlternate ? withPoint(text) : text;
};
