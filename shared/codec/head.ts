import {
  countUnit,
  longCount,
  prefixKeyBytes,
  replacesBit,
  sameTagBit,
  textKind,
} from "./layout.ts";
import type { SealedBody, StoredBody } from "./sealed-body.ts";
import type { Table } from "./table.ts";
import { byteText } from "./text.ts";
import type { Writer } from "./writer.ts";

/** At most this many definitions ride along that no held frame uses. */
const riderLimit = 8;

/** More than those may take, with meanings of 1,024 characters. */
const riderSpareBytes = 26_000;

/** A text is compared with this many before it. */
const comparedTexts = 8;

/** How many bytes of the beginning two byte texts have in common, below 64. */
export const commonBytes = (left: string, right: string): number => {
  let common = 0;
  for (let step = 32; step >= 1; step /= 2) {
    const longer = common + step;
    if (longer <= left.length && right.substr(0, longer) === left.substr(0, longer)) {
      common = longer;
    }
  }
  return common;
};

/** Writes one definition after another. */
interface Definer {
  define(number: number, replaced: number, meaning: string): void;
}

const createDefiner = (writer: Writer, needs: number): Definer => {
  let lastNumber = needs - 1;
  let lastTag = "";
  /** Texts of this head, the latest first. */
  const texts: string[] = [];

  const writeText = (text: string): void => {
    const key = text.substr(0, prefixKeyBytes);
    let common = prefixKeyBytes - 1;
    let from = 0;
    for (let index = 0; index < texts.length; index++) {
      const other = texts[index] as string;
      const bytes = other.substr(0, prefixKeyBytes) === key ? commonBytes(other, text) : 0;
      if (bytes > common) {
        common = bytes;
        from = index + 1;
      }
    }
    const rest = from > 0 ? text.substr(common) : text;
    writer.varint(rest.length * 2 + (from > 0 ? 1 : 0));
    if (from > 0) {
      writer.byte(from);
      writer.byte(common);
    }
    writer.text(rest);
    texts.unshift(text);
    if (texts.length > comparedTexts) texts.pop();
  };
  return {
    define(number, replaced, meaning) {
      const kind = meaning.charCodeAt(0);
      const isSite = kind < textKind;
      const count = isSite ? meaning.charCodeAt(1) : 0;
      const textAt = isSite ? 3 + meaning.charCodeAt(2) : 1;
      const tag = isSite ? meaning.substr(3, textAt - 3) : lastTag;
      writer.varint(number - lastNumber - 1);
      writer.byte(
        kind +
          (replaced >= 0 ? replacesBit : 0) +
          (tag === lastTag ? sameTagBit : 0) +
          Math.min(count, longCount) * countUnit,
      );
      if (replaced >= 0) writer.varint(number - replaced - 1);
      if (count >= longCount) writer.varint(count);
      if (tag !== lastTag) {
        const bytes = byteText(tag);
        writer.varint(bytes.length);
        writer.text(bytes);
      }
      const text = meaning.substr(textAt);
      writeText(isSite ? byteText(text) : text);
      lastNumber = number;
      lastTag = tag;
    },
  };
};

/** Places whose definitions an agent that holds the first `needs` lacks, by rising number. */
const openPlaces = (numbers: ArrayLike<number>, count: number, needs: number): number[] => {
  const places: number[] = [];
  for (let place = 0; place < count; place++) {
    if ((numbers[place] as number) >= needs) places.push(place);
  }
  const numberOf = (place: number): number => numbers[place] as number;
  return places.sort((left, right) => numberOf(left) - numberOf(right));
};

/** A body that rested in flash, and the count of definitions in the last ack of its boot. */
export interface Rested {
  body: StoredBody;
  needs: number;
}

/**
 * Writes the head of a frame as of now: what the last ack does not cover of the definitions in
 * the body, and some of those that no held frame brings. `base` is the lowest seq that is held. With
 * `rested` it brings what that body names, and says nothing of other numbers.
 */
export const writeHead = (
  writer: Writer,
  table: Table,
  body: SealedBody,
  base: number,
  rested?: Rested | null,
): void => {
  const numbers = rested ? rested.body.numbers : table.numbers;
  const meanings = rested ? rested.body.meanings : table.meanings;
  const needs = rested ? rested.needs : table.held();
  let settled = rested ? needs : table.assigned();
  const open = rested || needs < settled ? openPlaces(numbers, meanings.length, needs) : [];
  const mostRiders = body.spareBytes > riderSpareBytes ? riderLimit : 0;
  let riders = 0;
  const chosen = open.filter((place) => {
    if (rested) return true;
    const isRider = (table.lastUses[place] as number) < base && riders < mostRiders;
    const isChosen =
      table.numbers[place] === 0 || body.used.indexOf(String.fromCharCode(place)) >= 0 || isRider;
    if (isRider) riders++;
    if (!isChosen) settled = Math.min(settled, table.numbers[place] as number);
    return isChosen;
  });
  const hasMore = settled > needs || chosen.length > 0;
  writer.varint(needs * 2 + (hasMore ? 1 : 0));
  if (!hasMore) return;
  writer.varint(settled - needs);
  writer.varint(chosen.length);
  const definer = createDefiner(writer, needs);
  for (let index = 0; index < chosen.length; index++) {
    const place = chosen[index] as number;
    definer.define(
      numbers[place] as number,
      rested ? -1 : (table.replaced[place] as number),
      meanings[place] as string,
    );
  }
};
