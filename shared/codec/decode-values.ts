import type { Value } from "../event.ts";
import { integerLimit } from "../limits.ts";
import { placesOf } from "./decimal.ts";
import {
  absoluteCode,
  bytesCode,
  code2,
  code3,
  code4,
  code5,
  decimalCode,
  differences1,
  differences2,
  differences3,
  differences4,
  doubleCode,
  falseCode,
  jsonCode,
  largeInteger,
  longTextCode,
  namedCode,
  nearCode,
  nullCode,
  powers,
  prefixCode,
  recentCode,
  recentPlaces,
  singleCode,
  textCode,
  textLimitBytes,
  trueCode,
} from "./layout.ts";
import type { Reader } from "./reader.ts";
import { fromByteText } from "./text.ts";

/** Characters that the formats and values of a body may have in all, each event counted in full. */
export const bodyLimitCharacters = 8_388_608;

/** Reads the values of one body, each by those before it. */
export interface ValueReader {
  /** `previous`: what the site had here last in this body. */
  read(previous: Value | undefined): Value;
}

/** The zigzagged difference that begins with `code`, below `absoluteCode`. */
const readDifference = (reader: Reader, code: number): number => {
  if (code < code2) return code;
  const low = reader.byte();
  if (code < code3) return differences1 + (code - code2) * 256 + low;
  const middle = low + reader.byte() * 256;
  if (code < code4) return differences2 + (code - code3) * 65_536 + middle;
  const high = middle + reader.byte() * 65_536;
  if (code < code5) return differences3 + (code - code4) * 16_777_216 + high;
  const highest = high + reader.byte() * 16_777_216;
  return differences4 + (code - code5) * 4_294_967_296 + highest;
};

const isSafe = (value: number): boolean =>
  Math.floor(value) === value && value <= integerLimit && value >= -integerLimit;

/** `textOf` answers the byte text that a number is defined as, or fails and answers an empty one. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: each value leaves something for those after it
export const createValueReader = (
  reader: Reader,
  textOf: (number: number, at: number) => string,
): ValueReader => {
  /** The last texts and long integers. */
  const recent: (string | number)[] = [];
  /** The last texts as byte texts; "" for an integer. */
  const recentBytes: string[] = [];
  let recentAt = 0;
  let lastLarge = 0;
  let characters = 0;

  const remember = (value: string | number, bytes: string): void => {
    recent[recentAt] = value;
    recentBytes[recentAt] = bytes;
    recentAt = (recentAt + 1) % recentPlaces;
  };
  /** Texts can be far longer than the bytes that name them. */
  const spend = (text: string): string => {
    characters += text.length;
    if (characters > bodyLimitCharacters) {
      reader.fail(`texts of more than ${bodyLimitCharacters} characters`, reader.offset());
    }
    return text;
  };
  const text = (bytes: string, isPlain: boolean): string => {
    const value = spend(isPlain ? bytes : fromByteText(bytes));
    if (bytes.length > 0 && bytes.length <= textLimitBytes) remember(value, bytes);
    return value;
  };
  const integer = (value: number, at: number): number => {
    if (!isSafe(value)) reader.fail("integer beyond 2^53 - 1", at);
    if (value >= largeInteger || value <= -largeInteger) lastLarge = value;
    return value;
  };
  const different = (code: number, previous: Value | undefined, at: number): number => {
    const zigzagged = readDifference(reader, code);
    const half = Math.floor(zigzagged / 2);
    const step = half * 2 === zigzagged ? half : -half - 1;
    if (typeof previous === "number" && Math.floor(previous) !== previous) {
      const places = placesOf(previous);
      const power = powers[places] as number;
      if (places > 0) return (Math.round(previous * power) + step) / power;
    }
    const base = typeof previous === "number" && isSafe(previous) ? previous : 0;
    const value = integer(base + step, at);
    if (zigzagged >= differences2) remember(value, "");
    return value;
  };
  const recalled = (code: number, at: number): Value => {
    const value = recent[code - recentCode];
    if (typeof value === "string") return spend(value);
    if (value !== undefined) return integer(value, at);
    reader.fail(`nothing is remembered at ${code - recentCode}`, at);
    return null;
  };
  const continued = (code: number, at: number): string => {
    const place = code - prefixCode;
    const begun = recentBytes[place] ?? "";
    const common = reader.byte();
    if (begun === "" || common > begun.length) {
      reader.fail(`no text to begin with at ${place}`, at);
      return "";
    }
    const bytes = begun.substr(0, common) + reader.text(reader.varint());
    return text(bytes, reader.isPlain() && begun === recent[place]);
  };
  /** Those that are rare. */
  const other = (code: number): Value => {
    if (code === nullCode) return null;
    if (code === falseCode) return false;
    if (code === trueCode) return true;
    if (code === doubleCode) return reader.double();
    if (code === singleCode) return reader.single();
    if (code === bytesCode) return reader.bytes(reader.varint());
    if (code === jsonCode) return { json: fromByteText(reader.text(reader.varint())) };
    return reader.zigzag() / (powers[code - decimalCode + 1] as number);
  };
  /** Integers that are not given by what the site had last. */
  const absolute = (code: number, at: number): number => {
    const value = integer(reader.zigzag() + (code === nearCode ? lastLarge : 0), at);
    remember(value, "");
    return value;
  };
  return {
    read(previous) {
      const at = reader.offset();
      const code = reader.byte();
      if (code < absoluteCode) return different(code, previous, at);
      if (code >= textCode) {
        const bytes = reader.text(code === longTextCode ? reader.varint() : code - textCode);
        return text(bytes, reader.isPlain());
      }
      if (code >= prefixCode) return continued(code, at);
      if (code >= recentCode) return recalled(code, at);
      if (code === namedCode) return text(textOf(reader.number(), at), false);
      return code < nullCode ? absolute(code, at) : other(code);
    },
  };
};
