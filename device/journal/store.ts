import { bodyFormats } from "../../shared/codec/header.ts";
import { dictionaryKind } from "../../shared/codec/layout.ts";
import type { SealedBody } from "../../shared/codec/sealed-body.ts";
import type { Table } from "../../shared/codec/table.ts";
import type { HeldFrame } from "../held-frame.ts";
import {
  appendRecord,
  findHeadEnd,
  freePage,
  freeRecord,
  headRoom,
  openArea,
  retireArea,
} from "./area.ts";
import { define, noteDefinition } from "./definition.ts";
import type { JournalStats } from "./journal.ts";
import { frameKind, reservationKind } from "./record.ts";
import { budget, isAllowed, type JournalState, urgentBudget } from "./state.ts";

/*
 * The records of an area, behind their headers of 8 bytes (crc32, words, kind, freed):
 *
 *             ┌──────┬───────────────────────────┐
 * definition  │ kind │ ...                       │  a meaning as in `Table`, its texts as UTF-8
 *             ├──────┴───────┬──────────┬────────┤
 * reservation │ reserved     │ uptimeMs │ number │
 *             │ 8            │ 8        │ 4      │
 *             ├──────────────┼──────────┼────────┼───────┼────────┬────────┬───────┬────────┬────────┬──────┐
 * frame       │ first        │ uptimeMs │ number │ count │ waited │ events │ names │ number │ offset │ body │
 *             │ 8            │ 8        │ 4      │ 4     │ 4      │ 2      │ 2     │ 4 each │ 2 each │      │
 *             └──────────────┴──────────┴────────┴───────┴────────┴────────┴───────┴────────┴────────┴──────┘
 * Seqs and uptimes are doubles; uptimeMs is when the record was written, `number` the boot's; a frame's
 * first entry is `waited` ms older. What a frame names by a number is the definition at `offset`, in
 * words, of its own area: one for all boots that write there.
 */
type Names = Pick<Table, "numbers" | "meanings">;

const reservationBytes = 28;
export const frameHeadBytes = 40;

/** Seqs reserved at a time: the fewest, and the most where each lasted less than an hour. */
const leastBlock = 256;
const mostBlock = 65_536;
const slowBlockMs = 3_600_000;

/** An area of so many bytes has one place for a definition. */
const bytesPerDefinition = 64;

/** Bytes that a frame's names take, in whole words. */
export const nameBytes = (names: number): number => names * 4 + Math.floor((names + 1) / 2) * 4;

const refuse = (state: JournalState, reason: keyof JournalStats["refused"]): number => {
  state.refused[reason]++;
  return -1;
};

/** Notes where this boot's records begin. */
const own = (state: JournalState, offset: number): boolean => {
  if (offset === 0) return false;
  if (state.ownSequence > 0) return true;
  state.ownSequence = state.areas.sequences[state.areas.head] as number;
  state.ownOffset = offset;
  return true;
};

/** Writes where seqs are reserved up to; then the record before it has no meaning any more. */
const writeReservation = (state: JournalState, reserved: number): boolean => {
  const areas = state.areas;
  const record = new Uint8Array(reservationBytes);
  new Float64Array(record.buffer, 8, 1)[0] = reserved;
  new Float64Array(record.buffer, 16, 1)[0] = state.platform.uptimeMs();
  new Uint32Array(record.buffer, 24, 1)[0] = state.boot.number;
  state.budgetBytes -= reservationBytes;
  const offset = appendRecord(areas, reservationKind, 0, record);
  if (!own(state, offset)) return false;
  if (state.reservedPage >= 0) freeRecord(areas, state.reservedPage, state.reservedOffset);
  state.reservedPage = areas.head;
  state.reservedOffset = offset;
  state.reserved = reserved;
  return true;
};

/** Gets a new area; all but what is urgent leaves a free one. */
const openHead = (state: JournalState, isUrgent: boolean): boolean => {
  const areas = state.areas;
  const page = freePage(areas, -1);
  if (page < 0 || (!isUrgent && freePage(areas, page) < 0)) return false;
  const before = areas.head;
  if (!openArea(areas, page, state.boot.nonce)) return false;
  state.definitions = 0;
  state.numbers.fill(0);
  if (state.reservedPage >= 0) writeReservation(state, state.reserved);
  if (before >= 0) retireArea(areas, before);
  return true;
};

/** Finds out what is in the head, before the first writing. */
const prepareHead = (state: JournalState): void => {
  const areas = state.areas;
  if (state.hashes.length > 0) return;
  const places = Math.floor(areas.flash.pageBytes / bytesPerDefinition);
  state.hashes = new Uint32Array(places);
  state.offsets = new Uint16Array(places);
  state.numbers = new Uint32Array(places);
  if (areas.head < 0) return;
  // An area belongs to one nonce.
  if (areas.nonces[areas.head] !== state.boot.nonce) areas.headAt = areas.flash.pageBytes;
  else findHeadEnd(areas, (record, offset) => noteDefinition(state, record, offset));
};

/** Reserves seqs up to `next` and some more. */
export const reserveSeqs = function (this: JournalState, next: number): boolean {
  if (next <= this.reserved) return true;
  if (!isAllowed(this.mayWrite) || urgentBudget(this) < reservationBytes) return false;
  prepareHead(this);
  if (headRoom(this.areas) < reservationBytes && !openHead(this, true)) return false;
  const nowMs = this.platform.uptimeMs();
  const isFast = this.blockSeqs > 0 && nowMs - this.reservedAtMs < slowBlockMs;
  this.blockSeqs = isFast ? Math.min(mostBlock, this.blockSeqs * 2) : leastBlock;
  this.reservedAtMs = nowMs;
  return writeReservation(this, Math.max(next, this.reserved + this.blockSeqs));
};

const isDictionary = (meaning: string | undefined): boolean =>
  !!meaning && meaning.charCodeAt(0) === dictionaryKind;

/** Places of what a body names, the build-time dictionary among them, by rising number. */
const placesOf = (body: SealedBody, table: Names): number[] => {
  const places: number[] = [];
  if (body.format !== bodyFormats.tombstone && isDictionary(table.meanings[0])) places.push(0);
  for (let index = 0; index < body.used.length; index++) places.push(body.used.charCodeAt(index));
  const numberOf = (place: number): number => table.numbers[place] as number;
  return places.sort((left, right) => numberOf(left) - numberOf(right));
};

const headOf = (state: JournalState, frame: HeldFrame, names: number): Uint8Array => {
  const body = frame.body;
  const bytes = frameHeadBytes + nameBytes(names) + body.bytes.length;
  const record = new Uint8Array(bytes + 3 - ((bytes + 3) % 4));
  const words = new Uint32Array(record.buffer, 24, 3);
  const halves = new Uint16Array(record.buffer, 36, 2);
  const nowMs = state.platform.uptimeMs();
  new Float64Array(record.buffer, 8, 1)[0] = frame.first;
  new Float64Array(record.buffer, 16, 1)[0] = nowMs;
  words[0] = state.boot.number;
  words[1] = body.count;
  words[2] = Math.min(4_294_967_295, nowMs - frame.uptimeMs);
  halves[0] = frame.events;
  halves[1] = names;
  record.set(body.bytes, frameHeadBytes + nameBytes(names));
  return record;
};

/** Names of a frame, defined in the head; else 0 where there is no room, -1 where the budget is spent. */
const writeNames = (
  state: JournalState,
  record: Uint8Array,
  places: number[],
  table: Names,
): number => {
  const numbers = new Uint32Array(record.buffer, frameHeadBytes, places.length);
  const offsets = new Uint16Array(record.buffer, frameHeadBytes + places.length * 4, places.length);
  for (let index = 0; index < places.length; index++) {
    const place = places[index] as number;
    const number = table.numbers[place] as number;
    const meaning = table.meanings[place] as string;
    const offset = define(state, number, meaning, record.length, state.budgetBytes);
    if (offset <= 0) return offset;
    numbers[index] = number;
    offsets[index] = offset;
  }
  if (record.length > headRoom(state.areas)) return 0;
  return record.length > state.budgetBytes ? -1 : 1;
};

export const storeFrame = function (this: JournalState, frame: HeldFrame, table: Names): number {
  const areas = this.areas;
  if (!isAllowed(this.mayWrite)) return refuse(this, "low_battery");
  if (!this.isCounted) return refuse(this, "flash_full");
  const places = placesOf(frame.body, table);
  const record = headOf(this, frame, places.length);
  if (budget(this) < record.length) return refuse(this, "flash_budget");
  prepareHead(this);
  if (!frame.hasErrors && freePage(areas, -1) < 0) return refuse(this, "flash_full");
  let written = writeNames(this, record, places, table);
  if (written === 0 && openHead(this, frame.hasErrors)) {
    written = writeNames(this, record, places, table);
  }
  if (written <= 0) return refuse(this, written < 0 ? "flash_budget" : "flash_full");
  const used = frameHeadBytes + nameBytes(places.length) + frame.body.bytes.length;
  const kind = frameKind + frame.body.format;
  const offset = appendRecord(areas, kind, record.length - used, record);
  this.budgetBytes -= record.length;
  if (!own(this, offset)) return refuse(this, "flash_full");
  this.ownFrames++;
  return areas.head * areas.flash.pageBytes + offset;
};
