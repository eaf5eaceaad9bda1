import type { Value } from "./event.ts";

/** Widths beyond this are cut: they are the cheapest way to make a long text of a short frame. */
const widthLimit = 64;

/** Directives beyond this many are text: what an event costs must depend on what it brings. */
const directivesLimit = 256;

/** One `%` of a format, taken apart. */
export interface Directive {
  /** The letter at its end. */
  kind: string;
  /** Filled up on the right. */
  isLeft: boolean;
  /** Numbers are filled up with zeros. */
  isZeroed: boolean;
  /** Before numbers that have no minus. */
  sign: "" | " " | "+";
  /** `#`: prefixes, points without decimals, zeros at the end of %g. */
  isAlternate: boolean;
  /** UTF-16 code units, 0 to 64. */
  width: number;
  /** -1 where the format names none. */
  precision: number;
}

/** A directive where it stands. */
export interface Place {
  /** Where the text before it begins in the format's `plain`. */
  from: number;
  /** The text between the directive before and this one. */
  before: string;
  /** The directive as written. */
  whole: string;
  directive: Directive;
  /** Values it takes: its own, and one before it for each `*`. */
  asks: number;
}

export interface Format {
  /** 256 at most. */
  places: Place[];
  /** The text after the last of them. */
  tail: string;
  /** All of it with its directives as written. */
  plain: string;
}

/**
 * A percent sign, or flags, width, precision, length modifier (read over: a value knows its size) and
 * kind. A width begins with 1 to 9, so that no zero can be read in two ways: the search stays linear.
 */
const pattern =
  /%(%|([-+ 0#]*)([1-9]\d*|\*)?(\.(\*|\d*))?(hh|h|ll|l|L|q|t|z)?([diufFeEgGaAsxXocjbp]))/g;

const countOf = (digits: string | undefined, absent: number): number =>
  digits === undefined || digits === "*" ? absent : parseInt(`0${digits}`, 10);

const directiveOf = (found: RegExpExecArray): Directive => {
  const flags = found[2] as string;
  const isLeft = flags.indexOf("-") >= 0;
  return {
    kind: found[7] as string,
    isLeft,
    isZeroed: !isLeft && flags.indexOf("0") >= 0,
    sign: flags.indexOf("+") >= 0 ? "+" : flags.indexOf(" ") >= 0 ? " " : "",
    isAlternate: flags.indexOf("#") >= 0,
    width: Math.min(countOf(found[3], 0), widthLimit),
    precision: countOf(found[5], -1),
  };
};

const asksOf = (found: RegExpExecArray): number =>
  1 + (found[3] === "*" ? 1 : 0) + (found[5] === "*" ? 1 : 0);

/** Takes a format apart, in time proportional to its length; `%%` is a percent sign of the text. */
export const parseFormat = (format: string): Format => {
  const places: Place[] = [];
  let plain = "";
  let text = "";
  let end = 0;
  pattern.lastIndex = 0;
  while (places.length < directivesLimit) {
    const found = pattern.exec(format);
    if (found === null) break;
    const whole = found[0];
    text += format.slice(end, found.index);
    end = found.index + whole.length;
    if (found[1] === "%") text += "%";
    else {
      const from = plain.length;
      places.push({
        from,
        before: text,
        whole,
        directive: directiveOf(found),
        asks: asksOf(found),
      });
      plain += text + whole;
      text = "";
    }
  }
  const tail = text + format.slice(end);
  return { places, tail, plain: plain + tail };
};

/** The letters of the values a format asks for, in order; that of a `*` is `d`. */
export const directiveKinds = (format: string): string[] => {
  const kinds: string[] = [];
  for (const place of parseFormat(format).places) {
    for (let stars = place.asks - 1; stars > 0; stars--) kinds.push("d");
    kinds.push(place.directive.kind);
  }
  return kinds;
};

/** How many values a format asks for. */
export const countDirectives = (format: string): number => directiveKinds(format).length;

/** More than any width or precision that makes a difference. */
const givenLimit = 1e9;

/** The first `*` becomes a number; a negative width says "left" as in C, a negative precision nothing. */
const fillIn = (written: string, given: number): string => {
  const number = Math.max(-givenLimit, Math.min(givenLimit, given));
  const isPrecision = written.charAt(written.indexOf("*") - 1) === ".";
  return isPrecision && number < 0 ? written.replace(".*", "") : written.replace("*", `${number}`);
};

/** The directive with its `*` filled in from the values at `from`; null where one is no integer. */
export const givenDirective = (
  place: Place,
  values: readonly Value[],
  from: number,
): Directive | null => {
  let written = place.whole;
  for (let at = from; at < from + place.asks - 1; at++) {
    const given = values[at];
    if (typeof given !== "number" || Math.floor(given) !== given) return null;
    written = fillIn(written, given);
  }
  const filled = parseFormat(written).places[0];
  return filled ? filled.directive : null;
};
