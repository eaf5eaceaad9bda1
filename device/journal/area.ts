import { crc32 } from "../../shared/codec/crc32.ts";
import { burn } from "./counter.ts";
import type { Flash } from "./flash.ts";
import {
  type Areas,
  type Cursor,
  crcOf,
  isBlank,
  isLive,
  nextRecord,
  padUnit,
  readRecord,
  recordFreedAt,
} from "./record.ts";

/*
 * Every page but the counter's two is an area: a header, then records.
 *
 *   ┌─────────────┬──────────┬───────┬───────┬───────┬─────┐  ┌───────┬───────┬──────┬───────┬─────────┐
 *   │ 46 41 01 00 │ sequence │ nonce │ crc32 │ freed │     │  │ crc32 │ words │ kind │ freed │ ...     │
 *   │ 4           │ 4        │ 4     │ 4     │ 1     │ 3   │  │ 4     │ 2     │ 1    │ 1     │         │
 *   └─────────────┴──────────┴───────┴───────┴───────┴─────┘  └───────┴───────┴──────┴───────┴─────────┘
 * Areas are numbered as they are opened. A header's crc32 is of the 12 bytes before it; a record's is of
 * all behind it, with `freed` as 255, exclusive or the crc32 of its area and its own offset: what is left
 * of another area, or inside a frame's bytes, is never taken for a record. `words` counts the record's
 * words of 4 bytes, these two included. Little-endian; both marks `freed` are burnt when the agent has
 * all of it.
 */
const magic = 0x00014146;
const freedAt = 16;
const recordsAt = 20;
/** In place of a sequence: the page was erased and nothing has been written to it. */
const erased = 0xffffffff;

const readHeader = (areas: Areas, page: number): boolean => {
  const flash = areas.flash;
  const bytes = flash.read(page * flash.pageBytes, freedAt);
  const words = new Uint32Array(bytes.buffer);
  const isArea =
    words[0] === magic && words[3] === crc32(new Uint8Array(bytes.buffer, 0, freedAt - 4));
  areas.sequences[page] = isArea ? (words[1] as number) : 0;
  areas.nonces[page] = words[2] as number;
  areas.salts[page] = words[3] as number;
  return isArea;
};

/** Reads the header of each page. */
export const createAreas = (flash: Flash): Areas => {
  const areas: Areas = {
    flash,
    sequences: new Uint32Array(flash.pages),
    nonces: new Uint32Array(flash.pages),
    salts: new Uint32Array(flash.pages),
    head: -1,
    headAt: 0,
    writtenBytes: 0,
    erases: 0,
  };
  const sequences = areas.sequences;
  for (let page = 2; page < flash.pages; page++) {
    readHeader(areas, page);
    const newest = areas.head < 0 ? 0 : (sequences[areas.head] as number);
    if ((sequences[page] as number) > newest) areas.head = page;
  }
  return areas;
};

const startOf = (areas: Areas, page: number): Cursor => ({
  sequence: areas.sequences[page] as number,
  page,
  offset: 0,
  nextOffset: recordsAt,
});

/** A place in an area that may have gone meanwhile: then the next one's start. */
export const cursorAt = (areas: Areas, sequence: number, offset: number): Cursor => ({
  sequence,
  page: sequence > 0 ? areas.sequences.indexOf(sequence) : -1,
  offset: 0,
  nextOffset: offset,
});

/** The area opened after number `sequence`, or the first after it that is left; -1 for none. */
const areaAfter = (areas: Areas, sequence: number): number => {
  const sequences = areas.sequences;
  let found = -1;
  for (let page = 2; page < sequences.length; page++) {
    const other = sequences[page] as number;
    if (other <= sequence || other === erased) continue;
    if (found < 0 || other < (sequences[found] as number)) found = page;
  }
  return found;
};

const isRetired = (areas: Areas, page: number): boolean =>
  areas.flash.read(page * areas.flash.pageBytes + freedAt, 1)[0] !== 255;

/** The next record in the order of writing, of whatever area; null at the end of all. */
export const nextInLog = (areas: Areas, cursor: Cursor): Uint8Array | null => {
  for (;;) {
    const record = cursor.page < 0 ? null : nextRecord(areas, cursor);
    if (record) return record;
    const page = areaAfter(areas, cursor.sequence);
    if (page < 0) return null;
    cursor.page = page;
    cursor.sequence = areas.sequences[page] as number;
    cursor.nextOffset = isRetired(areas, page) ? areas.flash.pageBytes : recordsAt;
  }
};

/** Whether nothing in an area waits for the agent any more. */
const isFree = (areas: Areas, page: number): boolean => {
  const sequence = areas.sequences[page] as number;
  if (sequence === 0 || sequence === erased) return true;
  if (isRetired(areas, page)) return true;
  const cursor = startOf(areas, page);
  for (let record = nextRecord(areas, cursor); record; record = nextRecord(areas, cursor)) {
    if (isLive(record)) return false;
  }
  return true;
};

/** The page that has been free for longest, but `other` and the head; -1 for none. */
export const freePage = (areas: Areas, other: number): number => {
  const sequences = areas.sequences;
  let found = -1;
  for (let page = 2; page < sequences.length; page++) {
    if (page === other || page === areas.head) continue;
    if (found >= 0 && (sequences[page] as number) >= (sequences[found] as number)) continue;
    if (isFree(areas, page)) found = page;
  }
  return found;
};

/** Marks an area as freed where it is, so that later boots need not look into it. */
export const retireArea = (areas: Areas, page: number): void => {
  if (page === areas.head || isRetired(areas, page) || !isFree(areas, page)) return;
  areas.writtenBytes++;
  burn(areas.flash, page * areas.flash.pageBytes + freedAt);
};

const erase = (areas: Areas, page: number): boolean => {
  areas.sequences[page] = 0;
  areas.erases++;
  return areas.flash.erase(page);
};

/** Erases what is free now, so that it need not be done when it is needed. */
export const eraseFree = (areas: Areas): void => {
  for (let page = 2; page < areas.sequences.length; page++) {
    const sequence = areas.sequences[page] as number;
    if (page === areas.head || sequence === 0 || sequence === erased) continue;
    if (isFree(areas, page) && erase(areas, page)) areas.sequences[page] = erased;
  }
};

/** Makes a free page the head. */
export const openArea = (areas: Areas, page: number, nonce: number): boolean => {
  const flash = areas.flash;
  const newest = areas.head < 0 ? 0 : (areas.sequences[areas.head] as number);
  if (areas.sequences[page] !== erased && !erase(areas, page)) return false;
  areas.sequences[page] = 0;
  const words = new Uint32Array(4);
  words[0] = magic;
  words[1] = newest + 1;
  words[2] = nonce;
  words[3] = crc32(new Uint8Array(words.buffer, 0, freedAt - 4));
  areas.writtenBytes += freedAt;
  flash.write(page * flash.pageBytes, new Uint8Array(words.buffer));
  if (!readHeader(areas, page)) return false;
  areas.head = page;
  areas.headAt = recordsAt;
  return true;
};

/** Finds where the head's next record goes; `onRecord` sees those that are there. */
export const findHeadEnd = (
  areas: Areas,
  onRecord: (record: Uint8Array, offset: number) => void,
): void => {
  const cursor = startOf(areas, areas.head);
  for (let record = nextRecord(areas, cursor); record; record = nextRecord(areas, cursor)) {
    onRecord(record, cursor.offset);
  }
  const pageBytes = areas.flash.pageBytes;
  const isUsable = isBlank(areas, areas.head, cursor.nextOffset, pageBytes);
  areas.headAt = isUsable ? cursor.nextOffset : pageBytes;
};

/** Room in the head for one more record. */
export const headRoom = (areas: Areas): number =>
  areas.head < 0 ? 0 : areas.flash.pageBytes - areas.headAt;

/** Appends a record, of whole words, to the head; its offset, or 0 where it cannot be read back. */
export const appendRecord = (
  areas: Areas,
  kind: number,
  pad: number,
  record: Uint8Array,
): number => {
  const offset = areas.headAt;
  const at = areas.head * areas.flash.pageBytes + offset;
  new Uint16Array(record.buffer, 4, 1)[0] = record.length / 4;
  record[6] = kind + pad * padUnit;
  record[recordFreedAt] = 255;
  new Uint32Array(record.buffer, 0, 1)[0] = crcOf(areas, areas.head, offset, record);
  areas.headAt += record.length;
  areas.writtenBytes += record.length;
  areas.flash.write(at, record);
  if (readRecord(areas, areas.head, offset)) return offset;
  // The page may be worn; what came of the record is not known.
  areas.headAt = areas.flash.pageBytes;
  return 0;
};

/** Marks a record as freed. */
export const freeRecord = (areas: Areas, page: number, offset: number): void => {
  areas.writtenBytes++;
  burn(areas.flash, page * areas.flash.pageBytes + offset + recordFreedAt);
};
