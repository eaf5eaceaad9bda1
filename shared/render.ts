import { type Format, givenDirective, type Place, parseFormat } from "./directive.ts";
import type { Value } from "./event.ts";
import { frameLimitBytes } from "./limits.ts";
import { cutText, type Show, show, showOf, textOf } from "./value-text.ts";

/**
 * Characters (UTF-16 code units) of a rendered text, four times the bytes of the largest frame: no
 * text comes near it but by repetition and escapes. At 3 bytes each it is still one event.
 */
export const textLimitCharacters: number = 4 * frameLimitBytes;

/** Stands for what was cut off. */
const cutMark = "… (cut)";

const bounded = (text: string): string =>
  text.length <= textLimitCharacters
    ? text
    : cutText(text, textLimitCharacters - cutMark.length) + cutMark;

/** The text of an event with these values; as `render`. */
export type Render = (values: readonly Value[]) => string;

/** Null where a `*` is no integer. */
const showGiven = (place: Place, values: readonly Value[], from: number): string | null => {
  const directive = givenDirective(place, values, from);
  return directive && show(values[from + place.asks - 1] as Value, directive);
};

const withLeftOver = (start: string, values: readonly Value[], from: number): string => {
  let text = start;
  for (let index = from; index < values.length && text.length <= textLimitCharacters; index++) {
    text += ` ${textOf(values[index] as Value)}`;
  }
  return bounded(text);
};

const renderParsed = (
  { places, tail, plain }: Format,
  shows: readonly Show[],
  values: readonly Value[],
): string => {
  let text = "";
  let used = 0;
  for (let index = 0; index < places.length; index++) {
    const place = places[index] as Place;
    if (used + place.asks > values.length) {
      return withLeftOver(text + plain.slice(place.from), values, used);
    }
    const shown =
      place.asks === 1
        ? (shows[index] as Show)(values[used] as Value)
        : showGiven(place, values, used);
    if (shown === null) return withLeftOver(text + plain.slice(place.from), values, used);
    text += place.before + shown;
    used += place.asks;
    if (text.length > textLimitCharacters) return bounded(text);
  }
  return withLeftOver(text + tail, values, used);
};

/** Takes a format apart once: three quarters of the time of rendering one event. */
export const compileFormat = (format: string): Render => {
  const parsed = parseFormat(format);
  const shows = parsed.places.map((place) => showOf(place.directive));
  return (values) => (values.length === 0 ? bounded(format) : renderParsed(parsed, shows, values));
};

/** Characters of all formats that `render` keeps compiled: those of any frame, and more. */
const keptLimitCharacters = 131_072;

/** Compiles formats and keeps them; at the limit it forgets all, for those in use are soon back. */
const createFormats = (): ((format: string) => Render) => {
  let kept: { [format: string]: Render } = Object.create(null);
  let characters = 0;

  return (format) => {
    const known = kept[format];
    if (known !== undefined) return known;
    const made = compileFormat(format);
    if (characters + format.length > keptLimitCharacters) {
      kept = Object.create(null);
      characters = 0;
    }
    characters += format.length;
    kept[format] = made;
    return made;
  };
};

const compiled = createFormats();

/**
 * The message of an event: printf's `%d %i %u %s %f %e %g %x %X %o %b %c %j %p %%` with flags, width
 * and precision (numbers or `*`) and length modifiers, as C prints them. Without values the format is
 * plain text. Never throws, and takes time in proportion to format and values.
 *
 * Nothing is left out: a value of the wrong kind appears as it is; a directive stands, with all after
 * it, where its values are missing or its `*` is no integer; unknown directives (`%n`, `%k`) stand and
 * take none; values left over follow, each after a space. Only size is bounded: 256 directives, widths
 * to 64, decimals and digits to 100, a text to 262,144 characters, ending in `… (cut)`.
 *
 * Where C and Node's `util.format` differ it is as in C, except: `%j` is JSON, an integer is as wide
 * as its value (`%d` of 2^53, `%u` of -1 is -1; only %x %X %o %b %p show -1 as 32 bits), `Infinity`
 * and `NaN` have Node's names, `%i` cuts a fraction off and `%d` shows it, `%a` shows decimals.
 */
export const render = (format: string, values: readonly Value[]): string =>
  values.length === 0 ? bounded(format) : compiled(format)(values);
