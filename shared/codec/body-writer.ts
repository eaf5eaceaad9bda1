import type { Value } from "../event.ts";
import { integerLimit } from "../limits.ts";
import { textCrc32 } from "./crc32.ts";
import { placesOf } from "./decimal.ts";
import { commonBytes } from "./head.ts";
import { bodyFormats } from "./header.ts";
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
  differences5,
  digitsLimit,
  doubleCode,
  falseCode,
  givenBit,
  jsonCode,
  largeInteger,
  leastTextBytes,
  longNumber,
  longTextCode,
  middleNumbers,
  namedCode,
  nearCode,
  nullCode,
  powers,
  prefixCode,
  prefixKeyBytes,
  recentCode,
  recentPlaces,
  shortNumbers,
  shortSteps,
  shortTexts,
  singleCode,
  special,
  specialDrop,
  specialEnd,
  specialInline,
  textCode,
  textLimitBytes,
  threeByteStep,
  threeByteSteps,
  trueCode,
  twoByteStep,
  twoByteSteps,
  valuesBit,
  varintStep,
  varintSteps,
} from "./layout.ts";
import { siteMeaning, type Table } from "./table.ts";
import { byteText, putText } from "./text.ts";

/** What is final of a body, waiting for the headers that are written at each sending. */
export interface SealedBody {
  format: number;
  /** Seqs it stands for. */
  count: number;
  bytes: Uint8Array;
  /** Places whose meanings it names, a character each. */
  used: string;
}

/**
 * Entries written one by one until they are sealed. What exceeds `limitBytes` is not written: the
 * answer is false, and nothing more can be added before `seal`, unless nothing was there. The same
 * after an exception.
 */
export interface BodyWriter {
  /** `kind` as in a definition; `uptimeMs` an integer, not below the entry's before. */
  event(
    kind: number,
    tag: string,
    format: string,
    values: Value[],
    uptimeMs: number,
    limitBytes: number,
  ): boolean;
  drop(level: number, reason: number, count: number, uptimeMs: number, limitBytes: number): boolean;
  end(uptimeMs: number, limitBytes: number): boolean;
  count(): number;
  /** Bytes so far, definitions that must travel with them included. */
  length(): number;
  /** The entries so far. The writer starts anew. */
  seal(): SealedBody;
}

/** Longer meanings have no place in the table. */
const meaningLimit = 255;

const char = String.fromCharCode;
const round = Math.round;

// One closure, and no look-up of properties on the way of an event: on Espruino either costs as much
// as writing a byte or two.
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: as above
export const createBodyWriter = (table: Table): BodyWriter => {
  const numbers = table.numbers;
  const follow = new Uint16Array(numbers.length);
  const recentNumbers = new Float64Array(recentPlaces);
  const recentKeys = new Uint32Array(recentPlaces);
  const recentHeads = new Uint32Array(recentPlaces);
  let recentTexts: string[] = [];
  let recentAt = 0;
  let buffer = new Uint8Array(0);
  let length = 0;
  /** Length up to the last whole entry. */
  let wholeBytes = 0;
  let definitionBytes = 0;
  let count = 0;
  let seq = 0;
  let lastMs = 0;
  let lastPlace = -1;
  let lastLarge = 0;
  let used = "";
  let kept: (Value[] | undefined)[] = [];
  let isBroken = false;
  let isEnd = false;

  const clear = (): void => {
    follow.fill(0);
    recentNumbers.fill(NaN);
    recentKeys.fill(0);
    recentHeads.fill(0);
    recentTexts = [];
    kept = [];
    used = "";
    length = 0;
    wholeBytes = 0;
    definitionBytes = 0;
    recentAt = 0;
    count = 0;
    lastPlace = -1;
    lastLarge = 0;
    isBroken = false;
  };
  const varint = (value: number): void => {
    let rest = value;
    while (rest >= 128) {
      buffer[length++] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    buffer[length++] = rest;
  };
  const zigzag = (value: number): void => {
    const magnitude = value < 0 ? -1 - value : value;
    buffer[length++] = (value < 0 ? 1 : 0) + (magnitude % 64) * 2 + (magnitude >= 64 ? 128 : 0);
    if (magnitude >= 64) varint(Math.floor(magnitude / 64));
  };
  const raw = (bytes: Uint8Array): void => {
    if (length + bytes.length <= buffer.length) buffer.set(bytes, length);
    length += bytes.length;
  };
  const block = (text: string): void => {
    varint(text.length);
    if (length + text.length <= buffer.length) putText(buffer, text, length);
    length += text.length;
  };
  const use = (place: number): void => {
    const name = char(place);
    if (used.indexOf(name) >= 0) return;
    used += name;
    if ((numbers[place] as number) >= table.held()) {
      definitionBytes += (table.meanings[place] as string).length + 4;
    }
  };
  const named = (number: number): void => {
    if (number < shortNumbers) buffer[length++] = number;
    else if (number < middleNumbers) {
      buffer[length++] = shortNumbers + ((number - shortNumbers) >> 8);
      buffer[length++] = (number - shortNumbers) & 255;
    } else {
      buffer[length++] = longNumber;
      varint(number);
    }
  };
  const remember = (text: string, key: number, head: number, number: number): void => {
    recentTexts[recentAt] = text;
    recentKeys[recentAt] = key;
    recentHeads[recentAt] = head;
    recentNumbers[recentAt] = number;
    recentAt = (recentAt + 1) % recentPlaces;
  };
  /** `zigzagged` is below `differences5`. */
  const difference = (zigzagged: number): void => {
    if (zigzagged < differences1) {
      buffer[length++] = zigzagged;
      return;
    }
    let bytes = 1;
    let code = code2;
    let rest = zigzagged - differences1;
    if (zigzagged >= differences4) {
      bytes = 4;
      code = code5;
      rest = zigzagged - differences4;
    } else if (zigzagged >= differences3) {
      bytes = 3;
      code = code4;
      rest = zigzagged - differences3;
    } else if (zigzagged >= differences2) {
      bytes = 2;
      code = code3;
      rest = zigzagged - differences2;
    }
    const codeAt = length++;
    for (; bytes > 0; bytes--) {
      buffer[length++] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    buffer[codeAt] = code + rest;
  };
  const longInteger = (value: number, zigzagged: number): void => {
    const at = recentNumbers.indexOf(value);
    if (at >= 0) {
      buffer[length++] = recentCode + at;
      return;
    }
    const near = value - lastLarge;
    const isSmall = value * 32 < zigzagged && value * -32 < zigzagged;
    if (zigzagged >= differences3 && near < 8_192 && near > -8_192) {
      buffer[length++] = nearCode;
      zigzag(near);
    } else if (isSmall || zigzagged >= differences5) {
      buffer[length++] = absoluteCode;
      zigzag(value);
    } else difference(zigzagged);
    remember("", 0, 0, value);
  };
  const integer = (value: number, base: number): void => {
    const step = value - base;
    const zigzagged = step < 0 ? -2 * step - 1 : 2 * step;
    if (zigzagged < differences1) buffer[length++] = zigzagged;
    else if (zigzagged < differences2) difference(zigzagged);
    else longInteger(value, zigzagged);
    if (value >= largeInteger || value <= -largeInteger) lastLarge = value;
  };
  const fraction = (value: number): void => {
    const places = value === 0 ? 0 : placesOf(value);
    if (places > 0) {
      buffer[length++] = decimalCode + places - 1;
      zigzag(round(value * (powers[places] as number)));
      return;
    }
    const single = new Float32Array([value]);
    buffer[length++] = single[0] === value ? singleCode : doubleCode;
    raw(new Uint8Array(single[0] === value ? single.buffer : new Float64Array([value]).buffer));
  };
  const number = (value: number, previous: Value | undefined): void => {
    const isInteger =
      value % 1 === 0 &&
      value <= integerLimit &&
      value >= -integerLimit &&
      (value !== 0 || 1 / value > 0);
    let base = 0;
    if (typeof previous === "number") {
      if (previous % 1 === 0) {
        if (previous <= integerLimit && previous >= -integerLimit) base = previous;
      } else if (value !== 0 || isInteger) {
        const power = powers[placesOf(previous)] as number;
        const digits = round(value * power);
        if (power > 1 && digits / power === value && digits * digits < digitsLimit * digitsLimit) {
          const step = digits - round(previous * power);
          difference(step < 0 ? -2 * step - 1 : 2 * step);
          return;
        }
        if (isInteger) {
          buffer[length++] = absoluteCode;
          zigzag(value);
          remember("", 0, 0, value);
          if (value >= largeInteger || value <= -largeInteger) lastLarge = value;
          return;
        }
      }
    }
    if (isInteger) integer(value, base);
    else fraction(value);
  };
  /** A text that is not among the recent ones: named, by the beginning of another, or in full. */
  const newText = (text: string, key: number, head: number): void => {
    const place = head > 0 ? table.text(text, key, seq) : -1;
    if (place >= 0) {
      use(place);
      buffer[length++] = namedCode;
      named(numbers[place] as number);
      return;
    }
    const at = head > 0 ? recentHeads.lastIndexOf(head) : -1;
    const common = at >= 0 ? commonBytes(recentTexts[at] as string, text) : 0;
    if (common >= prefixKeyBytes) {
      buffer[length++] = prefixCode + at;
      buffer[length++] = common;
      block(text.substr(common));
    } else if (text.length < shortTexts) {
      const codeAt = length;
      block(text);
      buffer[codeAt] = textCode + text.length;
    } else {
      buffer[length++] = longTextCode;
      block(text);
    }
  };
  const writeText = (value: string): void => {
    const text = byteText(value);
    const bytes = text.length;
    if (bytes === 0 || bytes > textLimitBytes) {
      buffer[length++] = bytes === 0 ? textCode : longTextCode;
      if (bytes > 0) block(text);
      return;
    }
    const key = textCrc32(text);
    const at = recentKeys.indexOf(key);
    if (at >= 0 && recentTexts[at] === text) {
      buffer[length++] = recentCode + at;
      return;
    }
    const head = bytes < leastTextBytes ? 0 : textCrc32(text.substr(0, prefixKeyBytes));
    newText(text, key, head);
    remember(text, key, head, NaN);
  };
  const writeValue = (value: Value, previous: Value | undefined): void => {
    if (typeof value === "number") number(value, previous);
    else if (typeof value === "string") writeText(value);
    else if (value === null) buffer[length++] = nullCode;
    else if (typeof value === "boolean") buffer[length++] = value ? trueCode : falseCode;
    else if (value instanceof Uint8Array) {
      buffer[length++] = bytesCode;
      varint(value.length);
      raw(value);
    } else {
      buffer[length++] = jsonCode;
      block(byteText(value.json));
    }
  };
  /** Values of a site that was in this body before; answers whether any is another. */
  const writeChanges = (values: Value[], before: Value[]): boolean => {
    const from = length;
    const many = values.length > 1;
    let maskAt = 0;
    let bit = 256;
    let isChanged = false;
    for (let index = 0; index < values.length; index++) {
      const value = values[index] as Value;
      const previous = before[index];
      if (many && bit > 128) {
        bit = 1;
        maskAt = length++;
        buffer[maskAt] = 0;
      }
      // Of an array of bytes the same one may have other bytes by now.
      if (
        value !== previous ||
        (value === 0 && 1 / value !== 1 / (previous as number)) ||
        value instanceof Uint8Array
      ) {
        isChanged = true;
        if (many) buffer[maskAt] = (buffer[maskAt] as number) + bit;
        writeValue(value, previous);
      }
      bit *= 2;
    }
    if (!isChanged) length = from;
    return isChanged;
  };
  const writeStep = (step: number): number => {
    if (step < twoByteSteps) {
      buffer[length++] = (step - shortSteps) & 255;
      return shortSteps + ((step - shortSteps) >> 8);
    }
    if (step >= varintSteps) {
      varint(step);
      return varintStep;
    }
    let rest = step - (step < threeByteSteps ? twoByteSteps : threeByteSteps);
    for (let bytes = step < threeByteSteps ? 2 : 3; bytes > 0; bytes--) {
      buffer[length++] = rest & 255;
      rest >>= 8;
    }
    return step < threeByteSteps ? twoByteStep : threeByteStep;
  };
  const writeEvent = (place: number, values: Value[], step: number): void => {
    const siteNumber = numbers[place] as number;
    const before = kept[place];
    const leadAt = length++;
    let lead = 0;
    const next = lastPlace < 0 ? 0 : (follow[lastPlace] as number);
    const isPredicted =
      next > 0
        ? next === place + 1
        : siteNumber === (lastPlace < 0 ? 0 : (numbers[lastPlace] as number) + 1);
    if (!isPredicted) {
      lead = givenBit;
      named(siteNumber);
      if (lastPlace >= 0) follow[lastPlace] = place + 1;
    }
    lastPlace = place;
    lead += step < shortSteps ? step : writeStep(step);
    if (before === undefined) {
      use(place);
      kept[place] = values;
      if (values.length > 0) lead += valuesBit;
      for (let index = 0; index < values.length; index++) {
        writeValue(values[index] as Value, undefined);
      }
    } else if (values.length > 0 && writeChanges(values, before)) {
      lead += valuesBit;
      kept[place] = values;
    }
    buffer[leadAt] = lead;
  };
  const writeSpecial = (what: number, step: number): void => {
    buffer[length++] = special;
    buffer[length++] = what;
    varint(step);
  };
  const begin = (uptimeMs: number, limitBytes: number): boolean => {
    if (isBroken || isEnd || wholeBytes + definitionBytes >= limitBytes) return false;
    isBroken = true;
    if (limitBytes > buffer.length) {
      const grown = new Uint8Array(limitBytes);
      if (length > 0) grown.set(buffer);
      buffer = grown;
    }
    if (count > 0) return true;
    varint(uptimeMs);
    lastMs = uptimeMs;
    return true;
  };
  const finish = (uptimeMs: number, limitBytes: number): boolean => {
    if (length + definitionBytes > limitBytes) {
      if (count === 0) clear();
      return false;
    }
    isBroken = false;
    wholeBytes = length;
    lastMs = uptimeMs;
    count++;
    seq++;
    return true;
  };
  const writeInline = (kind: number, tag: string, format: string, values: Value[]): void => {
    buffer[length++] = kind;
    varint(values.length);
    block(byteText(tag));
    block(byteText(format));
    for (let index = 0; index < values.length; index++)
      writeValue(values[index] as Value, undefined);
  };
  clear();
  return {
    event(kind, tag, format, values, uptimeMs, limitBytes) {
      if (!begin(uptimeMs, limitBytes)) return false;
      const isShort = format.length + tag.length < meaningLimit && values.length < meaningLimit;
      const place = isShort ? table.site(siteMeaning(kind, values.length, tag, format), seq) : -1;
      if (place >= 0) writeEvent(place, values, uptimeMs - lastMs);
      else {
        writeSpecial(specialInline, uptimeMs - lastMs);
        writeInline(kind, tag, format, values);
      }
      return finish(uptimeMs, limitBytes);
    },
    drop(level, reason, dropped, uptimeMs, limitBytes) {
      if (!begin(uptimeMs, limitBytes)) return false;
      writeSpecial(specialDrop, uptimeMs - lastMs);
      buffer[length++] = level;
      varint(reason);
      varint(dropped);
      return finish(uptimeMs, limitBytes);
    },
    end(uptimeMs, limitBytes) {
      if (!begin(uptimeMs, limitBytes)) return false;
      writeSpecial(specialEnd, uptimeMs - lastMs);
      isEnd = finish(uptimeMs, limitBytes);
      return isEnd;
    },
    count: () => count,
    length: () => wholeBytes + definitionBytes,
    seal() {
      // Espruino takes a view of length 0 for one of the whole buffer.
      const bytes =
        wholeBytes > 0
          ? new Uint8Array(new Uint8Array(buffer.buffer, 0, wholeBytes))
          : new Uint8Array(0);
      const format = isEnd ? bodyFormats.lastEntries : bodyFormats.entries;
      const sealed = { format, count, bytes, used };
      clear();
      return sealed;
    },
  };
};
