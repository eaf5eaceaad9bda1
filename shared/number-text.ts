/** One `%` of a format, taken apart. */
export interface Directive {
  /** Of `-+ 0#`. */
  flags: string;
  width: number;
  /** -1 where the format names none. */
  precision: number;
  /** The letter at its end. */
  kind: string;
}

/** The most decimals that `toFixed` and its kin give. */
const decimalsLimit = 100;

const radixes: { [kind: string]: number } = { x: 16, X: 16, p: 16, o: 8, b: 2 };

/** A number as text, exact and shortest; `-0` keeps its sign. */
export const plainText = (value: number): string =>
  value === 0 && 1 / value < 0 ? "-0" : String(value);

export const isFlagged = (directive: Directive, flag: string): boolean =>
  directive.flags.indexOf(flag) >= 0;

const zeros = (count: number): string => {
  let text = "";
  while (text.length < count) text += "0";
  return text;
};

const mantissaOf = (text: string): string => {
  const end = text.indexOf("e");
  return end < 0 ? text : text.slice(0, end);
};

/**
 * JavaScript rounds a tie up, C to the even digit: where one decimal more ends in 5, the exact
 * decimals tell whether it is one.
 */
const roundToEven = (decimals: number, show: (decimals: number) => string): string => {
  const rounded = show(decimals);
  if (decimals >= decimalsLimit) return rounded;
  if (mantissaOf(show(decimals + 1)).slice(-1) !== "5") return rounded;
  const exact = show(decimalsLimit);
  const mantissa = mantissaOf(exact);
  const end = mantissa.length - decimalsLimit + decimals;
  const kept = mantissa.slice(0, decimals === 0 ? end - 1 : end);
  const isTie = /^50*$/.test(mantissa.slice(end));
  const isEven = "02468".indexOf(kept.slice(-1)) >= 0;
  return isTie && isEven ? kept + exact.slice(mantissa.length) : rounded;
};

/** From 10^21 on `toFixed` gives up; the digits of numbers from 10^99 on are left out. */
const fixed = (magnitude: number, decimals: number): string => {
  if (magnitude < 1e21) return roundToEven(decimals, (count) => magnitude.toFixed(count));
  if (magnitude >= 1e99) return String(magnitude);
  const digits = magnitude.toPrecision(decimalsLimit);
  const whole = digits.slice(0, digits.indexOf("."));
  return decimals > 0 ? `${whole}.${zeros(decimals)}` : whole;
};

const scientific = (magnitude: number, decimals: number): string =>
  roundToEven(decimals, (count) => magnitude.toExponential(count)).replace(
    /e([+-])(\d)$/,
    "e$10$2",
  );

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

const floatDigits = (magnitude: number, directive: Directive): string => {
  const kind = directive.kind.toLowerCase();
  const precision = directive.precision < 0 ? 6 : Math.min(directive.precision, decimalsLimit);
  const isAlternate = isFlagged(directive, "#");
  const text =
    kind === "e"
      ? scientific(magnitude, precision)
      : kind === "g"
        ? general(magnitude, precision, isAlternate)
        : fixed(magnitude, precision);
  return isAlternate ? withPoint(text) : text;
};

const integerDigits = (magnitude: number, directive: Directive): string => {
  const precision = Math.min(directive.precision, decimalsLimit);
  const radix = radixes[directive.kind];
  if (precision === 0 && magnitude === 0) return "";
  const text = radix === undefined ? String(magnitude) : magnitude.toString(radix);
  return zeros(precision - text.length) + text;
};

const prefixOf = (magnitude: number, digits: string, directive: Directive): string => {
  const kind = directive.kind;
  if (kind === "p") return "0x";
  if (!isFlagged(directive, "#")) return "";
  if (kind === "o") return digits.charAt(0) === "0" ? "" : "0";
  return magnitude !== 0 && (kind === "x" || kind === "X" || kind === "b") ? `0${kind}` : "";
};

const signOf = (isNegative: boolean, directive: Directive): string => {
  if (isNegative) return "-";
  if (radixes[directive.kind] !== undefined || directive.kind === "u") return "";
  return isFlagged(directive, "+") ? "+" : isFlagged(directive, " ") ? " " : "";
};

const assemble = (sign: string, digits: string, isZeroed: boolean, width: number): string =>
  sign + (isZeroed ? zeros(width - sign.length - digits.length) : "") + digits;

const floatText = (value: number, directive: Directive): string => {
  const isNegative = value < 0 || 1 / value < 0;
  const digits = floatDigits(Math.abs(value), directive);
  const isZeroed = isFlagged(directive, "0") && !isFlagged(directive, "-");
  const text = assemble(signOf(isNegative, directive), digits, isZeroed, directive.width);
  return directive.kind === "E" || directive.kind === "G" ? text.toUpperCase() : text;
};

/** Negative integers as C prints 32-bit ones, in every radix but ten. */
const unsigned = (value: number, kind: string): number =>
  radixes[kind] !== undefined && value < 0 && value >= -2147483648 ? value + 4294967296 : value;

const integerText = (value: number, directive: Directive): string => {
  const whole = unsigned(value, directive.kind);
  const magnitude = Math.abs(whole);
  const digits = integerDigits(magnitude, directive);
  const sign = signOf(whole < 0, directive) + prefixOf(magnitude, digits, directive);
  const isZeroed =
    isFlagged(directive, "0") && !isFlagged(directive, "-") && directive.precision < 0;
  const text = assemble(sign, digits, isZeroed, directive.width);
  return directive.kind === "X" ? text.toUpperCase() : text;
};

/**
 * A number as C prints it, but for its spaces: sign, prefix, digits. Where an integer is asked for
 * a fraction appears as it is, except under %i, which cuts it off; so do the infinities and NaN.
 */
export const numberText = (value: number, directive: Directive): string => {
  const kind = directive.kind;
  if (value * 0 !== 0) return signOf(value < 0, directive) + String(Math.abs(value));
  if ("feg".indexOf(kind.toLowerCase()) >= 0) return floatText(value, directive);
  const cut = value < 0 ? Math.ceil(value) : Math.floor(value);
  return kind === "i" || cut === value ? integerText(cut, directive) : plainText(value);
};
