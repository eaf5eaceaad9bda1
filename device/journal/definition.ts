import { crc32 } from "../../shared/codec/crc32.ts";
import { textKind } from "../../shared/codec/layout.ts";
import { byteText, fromByteText, putText, textOfBytes } from "../../shared/codec/text.ts";
import { appendRecord, headRoom } from "./area.ts";
import {
  type Areas,
  definitionKind,
  kindOfRecord,
  padOf,
  readRecord,
  recordHeaderBytes,
} from "./record.ts";
import type { JournalState } from "./state.ts";

const char = String.fromCharCode;

/** A meaning as bytes are: its texts as UTF-8, a character a byte. */
const toBytes = (meaning: string): string => {
  if (meaning.charCodeAt(0) >= textKind) return meaning;
  const textAt = 3 + meaning.charCodeAt(2);
  const tag = byteText(meaning.substr(3, textAt - 3));
  return meaning.substr(0, 2) + char(tag.length) + tag + byteText(meaning.substr(textAt));
};

const fromBytes = (bytes: string): string => {
  if (bytes.charCodeAt(0) >= textKind) return bytes;
  const textAt = 3 + bytes.charCodeAt(2);
  const tag = fromByteText(bytes.substr(3, textAt - 3));
  return bytes.substr(0, 2) + char(tag.length) + tag + fromByteText(bytes.substr(textAt));
};

const textOf = (record: Uint8Array): string =>
  textOfBytes(record, recordHeaderBytes, record.length - padOf(record));

const recordAt = (areas: Areas, page: number, offset: number): Uint8Array | null => {
  const record = readRecord(areas, page, offset);
  return record && kindOfRecord(record) === definitionKind ? record : null;
};

/** The meaning defined at an offset; null where there is none. */
export const readMeaning = (areas: Areas, page: number, offset: number): string | null => {
  const record = recordAt(areas, page, offset);
  const bytes = record ? textOf(record) : "";
  return bytes === "" ? null : fromBytes(bytes);
};

/** The crc32 of what a record defines. */
const hashOf = (record: Uint8Array): number =>
  crc32(new Uint8Array(record.buffer, recordHeaderBytes, record.length - recordHeaderBytes));

/** Notes a definition that is in the head, if it is one. */
export const noteDefinition = (state: JournalState, record: Uint8Array, offset: number): void => {
  if (kindOfRecord(record) !== definitionKind) return;
  if (state.definitions >= state.hashes.length) return;
  state.hashes[state.definitions] = hashOf(record);
  state.offsets[state.definitions++] = offset / 4;
};

/**
 * Offset in words of the definition of this boot's `number` in the head, written now if need be with
 * `neededBytes` of room left behind it. 0 where there is none; -1 where that would exceed `limitBytes`.
 */
export const define = (
  state: JournalState,
  number: number,
  meaning: string,
  neededBytes: number,
  limitBytes: number,
): number => {
  const known = state.numbers.indexOf(number + 1);
  if (known >= 0) return state.offsets[known] as number;
  const areas = state.areas;
  const text = toBytes(meaning);
  const pad = 3 - ((text.length + 3) % 4);
  const record = new Uint8Array(recordHeaderBytes + text.length + pad);
  record.fill(255);
  putText(record, text, recordHeaderBytes);
  const place = state.hashes.indexOf(hashOf(record));
  if (place >= 0 && place < state.definitions) {
    const other = recordAt(areas, areas.head, (state.offsets[place] as number) * 4);
    if (other && textOf(other) === text) {
      state.numbers[place] = number + 1;
      return state.offsets[place] as number;
    }
  }
  if (state.definitions >= state.hashes.length) return 0;
  if (record.length + neededBytes > headRoom(areas)) return 0;
  if (record.length + neededBytes > limitBytes) return -1;
  const offset = appendRecord(areas, definitionKind, pad, record);
  if (offset === 0) return 0;
  state.budgetBytes -= record.length;
  state.numbers[state.definitions] = number + 1;
  noteDefinition(state, record, offset);
  return offset / 4;
};
