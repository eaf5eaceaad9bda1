import { crc32 } from "../../shared/codec/crc32.ts";
import type { Flash } from "./flash.ts";

export const recordHeaderBytes = 8;
export const recordFreedAt = 7;

/** Where nothing can be read as a record, the next one is looked for at multiples of this. */
const stepBytes = 64;

/*
 * A record's kind: what it is in the two high bits, in the next two how many bytes at its end are none
 * of it, in the low ones a frame's format.
 */
export const definitionKind = 0;
export const reservationKind = 64;
export const frameKind = 128;
const kindMask = 192;
export const padUnit = 16;

/** What is known of the areas. */
export interface Areas {
  flash: Flash;
  /** Of each page the number of its area, 0 for none; its nonce; the crc32 of its header. */
  sequences: Uint32Array;
  nonces: Uint32Array;
  salts: Uint32Array;
  /** The page that takes new records; -1 for none. */
  head: number;
  /** Where its next record goes; 0 while that is not known. */
  headAt: number;
  /** Bytes written, areas erased. */
  writtenBytes: number;
  erases: number;
}

/** A place between records. */
export interface Cursor {
  /** Number of the area, and its page while it is there; -1 before the first. */
  sequence: number;
  page: number;
  /** Of the record that was read last. */
  offset: number;
  /** Where the next one may begin. */
  nextOffset: number;
}

export const crcOf = (areas: Areas, page: number, offset: number, record: Uint8Array): number =>
  (crc32(new Uint8Array(record.buffer, 4, record.length - 4)) ^
    (areas.salts[page] as number) ^
    offset) >>>
  0;

export const kindOfRecord = (record: Uint8Array): number => (record[6] as number) & kindMask;

/** Bytes at a record's end that fill its last word. */
export const padOf = (record: Uint8Array): number => ((record[6] as number) >> 4) & 3;

export const formatOf = (record: Uint8Array): number => (record[6] as number) % padUnit;

export const isLive = (record: Uint8Array): boolean =>
  record[recordFreedAt] === 255 && kindOfRecord(record) !== definitionKind;

/** Bytes a record at an offset would have, by what stands there; 0 where none can be. */
const lengthAt = (areas: Areas, page: number, offset: number): number => {
  const flash = areas.flash;
  const left = flash.pageBytes - offset;
  if (left <= recordHeaderBytes) return 0;
  const words = new Uint16Array(flash.read(page * flash.pageBytes + offset + 4, 4).buffer);
  const length = (words[0] as number) * 4;
  return length > recordHeaderBytes && length <= left ? length : 0;
};

/** The record at an offset, whole and true; null where there is none. */
export const readRecord = (areas: Areas, page: number, offset: number): Uint8Array | null => {
  const length = lengthAt(areas, page, offset);
  if (length === 0) return null;
  const flash = areas.flash;
  const record = flash.read(page * flash.pageBytes + offset, length);
  const freed = record[recordFreedAt] as number;
  record[recordFreedAt] = 255;
  const crc = new Uint32Array(record.buffer, 0, 1)[0];
  const isTrue = crc === crcOf(areas, page, offset, record);
  record[recordFreedAt] = freed;
  return isTrue ? record : null;
};

/** Whether nothing has been written from `offset` to `end`. */
export const isBlank = (areas: Areas, page: number, offset: number, end: number): boolean => {
  const flash = areas.flash;
  for (let at = offset; at < end; at += stepBytes) {
    const length = Math.min(stepBytes, end - at);
    const blank = new Uint8Array(length);
    blank.fill(255);
    if (crc32(flash.read(page * flash.pageBytes + at, length)) !== crc32(blank)) return false;
  }
  return true;
};

/**
 * The next record of the cursor's area, behind what was torn or damaged if need be. Null at its end:
 * the cursor's `nextOffset` is then where a record may go.
 */
export const nextRecord = (areas: Areas, cursor: Cursor): Uint8Array | null => {
  const page = cursor.page;
  const pageBytes = areas.flash.pageBytes;
  let offset = cursor.nextOffset;
  let tornEnd = 0;
  while (offset + recordHeaderBytes < pageBytes) {
    const record = readRecord(areas, page, offset);
    cursor.offset = offset;
    cursor.nextOffset = offset;
    if (record) {
      cursor.nextOffset += record.length;
      return record;
    }
    if (offset >= tornEnd) {
      if (isBlank(areas, page, offset, offset + recordHeaderBytes)) return null;
      tornEnd = offset + lengthAt(areas, page, offset);
    }
    const next = offset - (offset % stepBytes) + stepBytes;
    offset = offset < tornEnd && next > tornEnd ? tornEnd : next;
  }
  cursor.nextOffset = pageBytes;
  return null;
};
