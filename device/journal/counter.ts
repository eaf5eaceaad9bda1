import { crc32 } from "../../shared/codec/crc32.ts";
import type { Flash } from "./flash.ts";

/*
 * Starts are counted in the first two pages, in turn.
 *
 *   ┌─────────────┬──────────┬───────┬──────────┬───────┬────────┬─────┬───────┬──────┬───────┬──────┐
 *   │ 46 42 01    │ shortRow │ nonce │ start    │ crc32 │ opened │     │ start │ rest │ start │ rest │ ...
 *   │ 3           │ 1        │ 4     │ 4        │ 4     │ 1      │ 3   │ 1     │ 1    │ 1     │ 1    │
 *   └─────────────┴──────────┴───────┴──────────┴───────┴────────┴─────┴───────┴──────┴───────┴──────┘
 *                                    └ number of the first start counted here
 * crc32 is of the 12 bytes before it. Each start burns its byte before it has a number, and the byte
 * after it once it is known not to die early. `opened` is burnt when the other page has a header and
 * before any start is counted there: a page that cannot be read is then known never to have been used.
 */
const magic = 0x014246;
const openedAt = 16;
const slotsAt = 20;

/** Rows of early ends are counted up to here. */
export const longestRow = 13;

/** Where a start was counted. */
export interface CountedStart {
  nonce: number;
  number: number;
  /** Address of the byte that says it did not die early. */
  restAt: number;
  /** How many starts in a row, up to this one, died early. */
  shortRow: number;
}

const burnt = new Uint8Array(1);

const isBurnt = (flash: Flash, at: number): boolean => flash.read(at, 1)[0] !== 255;

/** Writes the mark at `at`; false where that did not come to pass. */
export const burn = (flash: Flash, at: number): boolean =>
  flash.write(at, burnt) && isBurnt(flash, at);

const slotsOf = (flash: Flash): number => Math.floor((flash.pageBytes - slotsAt) / 2);

/** The header of a page as words; null where it has none. */
const readHeader = (flash: Flash, page: number): Uint32Array | null => {
  const bytes = flash.read(page * flash.pageBytes, openedAt);
  const words = new Uint32Array(bytes.buffer);
  const isWhole = words[3] === crc32(new Uint8Array(bytes.buffer, 0, 12));
  return isWhole && ((words[0] as number) & 0xffffff) === magic ? words : null;
};

const openPage = (flash: Flash, page: number, nonce: number, start: number, row: number) => {
  const words = new Uint32Array(4);
  words[0] = magic + row * 0x1000000;
  words[1] = nonce;
  words[2] = start;
  words[3] = crc32(new Uint8Array(words.buffer, 0, 12));
  if (!flash.erase(page)) return null;
  flash.write(page * flash.pageBytes, new Uint8Array(words.buffer));
  return readHeader(flash, page);
};

/** How many slots of a page are burnt. */
const countBurnt = (flash: Flash, page: number): number => {
  const firstAt = page * flash.pageBytes + slotsAt;
  let from = 0;
  let to = slotsOf(flash);
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if (isBurnt(flash, firstAt + middle * 2)) from = middle + 1;
    else to = middle;
  }
  return from;
};

/** How many of the starts before a slot's died early, one after the other. */
const rowBefore = (flash: Flash, page: number, slot: number, carried: number): number => {
  const at = page * flash.pageBytes + slotsAt + slot * 2;
  for (let row = 0; row < longestRow; row++) {
    if (row >= slot) return Math.min(longestRow, row + carried);
    if (isBurnt(flash, at - row * 2 - 1)) return row;
  }
  return longestRow;
};

/** The page that counts now; -1 where there is none that can be trusted. */
const currentPage = (flash: Flash, left: Uint32Array | null, right: Uint32Array | null): number => {
  if (!left || !right) return left ? 0 : right ? 1 : -1;
  if (left[1] !== right[1]) return -1;
  const older = (left[2] as number) < (right[2] as number) ? 0 : 1;
  const newer = 1 - older;
  // Power may have failed as the newer was opened, or in the middle of the older's erasure.
  const isOpened = isBurnt(flash, older * flash.pageBytes + openedAt);
  return isOpened || isBurnt(flash, newer * flash.pageBytes + slotsAt) ? newer : older;
};

/**
 * Counts this start; null where flash does not take it. `entropy` gives the nonce where the counter
 * is new, or cannot be trusted any more: numbers then begin at 1 again.
 */
export const countStart = (flash: Flash, entropy: () => number): CountedStart | null => {
  const left = readHeader(flash, 0);
  const right = readHeader(flash, 1);
  let page = currentPage(flash, left, right);
  let header = page === 1 ? right : left;
  let slot = page < 0 ? 0 : countBurnt(flash, page);
  const carried = (words: Uint32Array): number => (words[0] as number) >>> 24;
  if (header && page >= 0 && slot === slotsOf(flash)) {
    const at = page * flash.pageBytes + openedAt;
    const row = rowBefore(flash, page, slot, carried(header));
    const start = (header[2] as number) + slot;
    page = isBurnt(flash, at) ? -1 : 1 - page;
    slot = 0;
    if (page >= 0) {
      header = openPage(flash, page, header[1] as number, start, row);
      if (!header || !burn(flash, at)) return null;
    }
  }
  if (page < 0) {
    page = 0;
    header = flash.erase(1) ? openPage(flash, 0, entropy(), 1, 0) : null;
  }
  const at = page * flash.pageBytes + slotsAt + slot * 2;
  if (!header || !burn(flash, at)) return null;
  return {
    nonce: header[1] as number,
    number: (header[2] as number) + slot,
    restAt: at + 1,
    shortRow: rowBefore(flash, page, slot, carried(header)),
  };
};
