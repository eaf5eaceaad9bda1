import type { JsonText, Value } from "../event.ts";
import { frameLimitBytes, headerLimitBytes, integerLimit } from "../limits.ts";
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
  specialDrop,
  specialEnd,
  specialInline,
  special as specialLead,
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
import type { SealedBody } from "./sealed-body.ts";
import { renewWindow, type SiteWatch } from "./site-watch.ts";
import type { Table } from "./table.ts";
import { byteText, putText } from "./text.ts";

/**
 * Entries written one by one until they are sealed. What exceeds `limitBytes` is not written: the
 * answer is false, and nothing more can be added before `seal`, unless nothing was there. The same
 * after an exception, and for ever after the end. What the table's watch refuses is not written
 * either, and the next may be tried. An uptime below the last entry's becomes that.
 */
export interface BodyWriter {
  /**
   * `kind` as in a definition; `uptimeMs` an integer. The values are those of `values` from index
   * `from` on, 0 where absent: always the same index with one writer. They are kept, not
   * copied, arrays of bytes too.
   */
  event(
    kind: number,
    tag: string,
    format: string,
    values: ArrayLike<Value>,
    uptimeMs: number,
    limitBytes: number,
    from?: number,
  ): boolean;
  drop(level: number, reason: number, count: number, uptimeMs: number, limitBytes: number): boolean;
  end(uptimeMs: number, limitBytes: number): boolean;
  count(): number;
  /** Bytes so far, definitions that must travel with them included. */
  length(): number;
  /** Uptime of the first entry. */
  startMs(): number;
  /** The entries so far. The writer starts anew. */
  seal(): SealedBody;
}

/** Meanings of more characters have no place in the table, nor have sites of more values. */
const meaningLimit = 1_024;
const sizeLimit = 254;

/** Most bytes of an entry beside its values, and of a value beside its text. */
const entryLimitBytes = 48;
const valueLimitBytes = 12;

/** Most bytes of a character, of a definition beside its text, of header and head beside definitions. */
const characterBytes = 3;
const definitionOverheadBytes = 24;
const frontBytes: number = headerLimitBytes + 48;

/** Of events that no limit refuses. */
const fatalKind = 4;

const none: Value[] = [];

const char = String.fromCharCode;
const round = Math.round;

// One closure, and no look-up of properties on the way of an event: on Espruino either costs as much
// as writing a byte or two. What comes seldom stands in functions of its own: the engine reads on
// through what it does not run.
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a call or a property costs as much as what it would write
export const createBodyWriter = (table: Table): BodyWriter => {
  let buffer = new Uint8Array(0);
  let length = 0;
  let lastLarge = 0;
  const numbers = table.numbers;
  const watch = table.watch as SiteWatch;
  const uses = watch ? watch.counts : null;
  let count = 0;
  let seq = 0;
  let lastMs = 0;
  let definitionBytes = 0;
  /** What the entries may take where all their definitions must travel with them. */
  let mostBytes = 0;
  let isBroken = false;
  /** Length up to the last whole entry. */
  let wholeBytes = 0;
  /** Of the entry at work: what it must not exceed, and what it may need beside its texts. */
  let limit = 0;
  let reserve = 0;
  /** Place of the last event's site plus 1; 0 for none. */
  let last = 0;
  /** By `last`: place plus 1 of the site that was given after it; 0 for none. */
  const follow = new Uint16Array(numbers.length + 1);
  let kept: (ArrayLike<Value> | undefined)[] = [];
  let used = "";
  const recentKeys = new Uint32Array(recentPlaces);
  const recentHeads = new Uint32Array(recentPlaces);
  const recentNumbers = new Float64Array(recentPlaces);
  let recentTexts: string[] = [];
  let recentAt = 0;
  let startMs = 0;
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
    mostBytes = frameLimitBytes - frontBytes;
    recentAt = 0;
    count = 0;
    last = 0;
    lastLarge = 0;
    isBroken = isEnd;
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
  /**
   * Sees to it that `bytes` have room, and all else of the entry as far as the limit goes: what is
   * written beyond the buffer is lost, and such an entry refused. False where `bytes` exceed the limit.
   */
  const grow = (bytes: number): boolean => {
    const neededBytes = Math.min(limit, length + bytes + reserve);
    if (length + bytes > limit) return false;
    if (neededBytes > buffer.length) {
      const grown = new Uint8Array(Math.min(limit, Math.max(neededBytes, buffer.length * 2)));
      // Espruino takes a view of length 0 for one of the whole buffer, and cannot copy it.
      if (length > 0) grown.set(buffer);
      buffer = grown;
    }
    return true;
  };
  const raw = (bytes: Uint8Array): void => {
    if (grow(bytes.length)) buffer.set(bytes, length);
    length += bytes.length;
  };
  const block = (text: string): void => {
    varint(text.length);
    if (grow(text.length)) putText(buffer, text, length);
    length += text.length;
  };
  const use = (place: number): void => {
    const name = char(place);
    if (used.indexOf(name) >= 0) return;
    used += name;
    const meaningLength = (table.meanings[place] as string).length;
    if ((numbers[place] as number) >= table.held()) definitionBytes += meaningLength + 4;
    mostBytes -= meaningLength * characterBytes + definitionOverheadBytes;
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
  const anyNumber = (value: number, previous: Value): void => {
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
    if (isInteger) {
      const step = value - base;
      const zigzagged = step < 0 ? -2 * step - 1 : 2 * step;
      if (zigzagged < differences2) difference(zigzagged);
      else longInteger(value, zigzagged);
      if (value >= largeInteger || value <= -largeInteger) lastLarge = value;
      return;
    }
    const places = value === 0 ? 0 : placesOf(value);
    if (places > 0) {
      buffer[length++] = decimalCode + places - 1;
      zigzag(round(value * (powers[places] as number)));
      return;
    }
    const single = new Float32Array([value]);
    const isSingle = single[0] === value;
    buffer[length++] = isSingle ? singleCode : doubleCode;
    raw(new Uint8Array(isSingle ? single.buffer : new Float64Array([value]).buffer));
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
    let at = -1;
    // The last of them: Espruino's typed arrays have no lastIndexOf.
    let next = head > 0 ? recentHeads.indexOf(head) : -1;
    while (next >= 0) {
      at = next;
      next = recentHeads.indexOf(head, at + 1);
    }
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
  const number = (value: number, previous: Value): void => {
    // The common case first: both are integers of 32 bits, and near.
    if (
      (value | 0) === value &&
      ((previous as number) | 0) === previous &&
      (value !== 0 || 1 / value > 0)
    ) {
      const step = value - previous;
      const zigzagged = step < 0 ? -2 * step - 1 : 2 * step;
      if (zigzagged < differences1) buffer[length++] = zigzagged;
      else if (zigzagged < differences2) {
        buffer[length++] = code2 + ((zigzagged - differences1) >> 8);
        buffer[length++] = (zigzagged - differences1) & 255;
      } else longInteger(value, zigzagged);
      if (value >= largeInteger || value <= -largeInteger) lastLarge = value;
    } else anyNumber(value, previous);
  };
  const writeValue = (value: Value): void => {
    if (typeof value === "string") writeText(value);
    else if (value === null) buffer[length++] = nullCode;
    else if (typeof value === "boolean") buffer[length++] = value ? trueCode : falseCode;
    else if (value instanceof Uint8Array) {
      buffer[length++] = bytesCode;
      varint(value.length);
      raw(value);
    } else {
      buffer[length++] = jsonCode;
      block(byteText((value as JsonText).json));
    }
  };
  const writeAll = (values: ArrayLike<Value>, from: number): void => {
    for (let index = from; index < values.length; index++) {
      const value = values[index] as Value;
      if (typeof value === "number") number(value, 0);
      else writeValue(value);
    }
  };
  /** Values of a site that was in this body before; answers whether any is another. */
  const writeChanges = (
    values: ArrayLike<Value>,
    before: ArrayLike<Value>,
    from: number,
  ): boolean => {
    const size = values.length;
    const many = size > from + 1 ? 1 : 0;
    const start = length;
    let maskAt = length;
    let mask = 0;
    let bit = 1;
    let isChanged = false;
    length += many;
    for (let index = from; index < size; index++) {
      const value = values[index] as Value;
      const previous = before[index] as Value;
      if (bit > 128) {
        buffer[maskAt] = mask;
        maskAt = length++;
        mask = 0;
        bit = 1;
      }
      if (value !== previous || (value === 0 && 1 / value !== 1 / (previous as number))) {
        isChanged = true;
        mask += bit;
        if (typeof value === "number") number(value, previous);
        else writeValue(value);
      }
      bit += bit;
    }
    if (!isChanged) length = start;
    else if (many) buffer[maskAt] = mask;
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
  /** Begins an entry; answers its step of uptime, -1 where it can have no room. */
  const begin = (size: number, uptimeMs: number, limitBytes: number): number => {
    if (isBroken) {
      if (count > 0 || isEnd) return -1;
      clear();
    }
    if (length + definitionBytes >= limitBytes) return -1;
    isBroken = true;
    limit = limitBytes;
    reserve = entryLimitBytes + size * valueLimitBytes;
    if (length + reserve > buffer.length) grow(0);
    if (count > 0) return uptimeMs > lastMs ? uptimeMs - lastMs : 0;
    startMs = uptimeMs > lastMs ? uptimeMs : lastMs;
    lastMs = startMs;
    varint(startMs);
    return 0;
  };
  const finish = (step: number): boolean => {
    if (length + definitionBytes > limit || (length > mostBytes && limit < Infinity)) {
      if (count === 0) clear();
      return false;
    }
    isBroken = false;
    wholeBytes = length;
    lastMs += step;
    count++;
    seq++;
    return true;
  };
  const finishEvent = (step: number, use: number): boolean => {
    const isWritten = finish(step);
    if (isWritten && uses) uses[use] = (uses[use] as number) + 1;
    return isWritten;
  };
  const writeSpecial = (what: number, step: number): void => {
    buffer[length++] = specialLead;
    buffer[length++] = what;
    varint(step);
  };
  clear();
  return {
    event(kind, tag, format, values, uptimeMs, limitBytes, from) {
      const first = from || 0;
      const size = values.length - first;
      const step = begin(size, uptimeMs, limitBytes);
      if (step < 0) return false;
      const meaning = char(kind, size, tag.length) + tag + format;
      const place =
        meaning.length > meaningLimit || size > sizeLimit ? -1 : table.site(meaning, seq);
      if (uses) {
        if (uptimeMs >= watch.endMs) renewWindow(watch, uptimeMs);
        if ((uses[place + 1] as number) >= watch.events && kind !== fatalKind) {
          watch.isReached = true;
          isBroken = false;
          if (count === 0) clear();
          return false;
        }
      }
      if (place < 0) {
        writeSpecial(specialInline, step);
        buffer[length++] = kind;
        varint(size);
        block(byteText(tag));
        block(byteText(format));
        writeAll(values, first);
        return finishEvent(step, 0);
      }
      const leadAt = length++;
      const before = kept[place];
      const next = follow[last] as number;
      const number = numbers[place] as number;
      let lead = step < shortSteps ? step : 0;
      if (
        next > 0
          ? next !== place + 1
          : number !== (last > 0 ? (numbers[last - 1] as number) + 1 : 0)
      ) {
        lead += givenBit;
        named(number);
        follow[last] = place + 1;
      }
      last = place + 1;
      if (step >= shortSteps) lead += writeStep(step);
      if (before === undefined) {
        use(place);
        kept[place] = size > 0 ? values : none;
        if (size > 0) {
          lead += valuesBit;
          writeAll(values, first);
        }
      } else if (size > 0 && writeChanges(values, before, first)) {
        lead += valuesBit;
        kept[place] = values;
      }
      buffer[leadAt] = lead;
      return finishEvent(step, place + 1);
    },
    drop(level, reason, dropped, uptimeMs, limitBytes) {
      const step = begin(0, uptimeMs, limitBytes);
      if (step < 0) return false;
      writeSpecial(specialDrop, step);
      buffer[length++] = level;
      varint(reason);
      varint(dropped);
      return finish(step);
    },
    end(uptimeMs, limitBytes) {
      const step = begin(0, uptimeMs, limitBytes);
      if (step < 0) return false;
      writeSpecial(specialEnd, step);
      isEnd = finish(step);
      isBroken = true;
      return isEnd;
    },
    count: () => count,
    length: () => wholeBytes + definitionBytes,
    startMs: () => startMs,
    seal() {
      // Espruino takes a view of length 0 for one of the whole buffer.
      const bytes =
        wholeBytes > 0
          ? new Uint8Array(new Uint8Array(buffer.buffer, 0, wholeBytes))
          : new Uint8Array(0);
      const format = isEnd ? bodyFormats.lastEntries : bodyFormats.entries;
      const sealed = { format, count, bytes, used, spareBytes: mostBytes - wholeBytes };
      clear();
      return sealed;
    },
  };
};
