import type { StoredBody } from "../../shared/codec/sealed-body.ts";
import type { Boot } from "../../shared/frame.ts";
import { cursorAt, freeRecord, nextInLog, retireArea } from "./area.ts";
import { readMeaning } from "./definition.ts";
import type { EarlierBoot, StoredFrame } from "./journal.ts";
import {
  definitionKind,
  formatOf,
  frameKind,
  isLive,
  kindOfRecord,
  padOf,
  readRecord,
} from "./record.ts";
import { implicitSeqs, isAllowed, type JournalState } from "./state.ts";
import { frameHeadBytes, nameBytes } from "./store.ts";

/** Frames of an earlier boot that are listed at a time. */
export const listedFrames = 8;

const isBoot = (boot: Boot, nonce: number, number: number): boolean =>
  boot.nonce === nonce && boot.number === number;

const numberOf = (record: Uint8Array): number => new Uint32Array(record.buffer, 24, 1)[0] as number;

/** First seq of a frame, or what a reservation reserves. */
const seqOf = (record: Uint8Array): number => new Float64Array(record.buffer, 8, 1)[0] as number;

const uptimeOf = (record: Uint8Array): number =>
  new Float64Array(record.buffer, 16, 1)[0] as number;

const isFrame = (record: Uint8Array): boolean => kindOfRecord(record) === frameKind;

/** The seq behind a frame's last, or behind the last that is reserved. */
const endOf = (record: Uint8Array): number =>
  seqOf(record) + (isFrame(record) ? (new Uint32Array(record.buffer, 28, 1)[0] as number) : 0);

export const heldFrom = function (this: JournalState): number {
  const areas = this.areas;
  const cursor = cursorAt(areas, this.tailSequence, this.tailOffset);
  for (let record = nextInLog(areas, cursor); record; record = nextInLog(areas, cursor)) {
    if (isLive(record) && areas.nonces[cursor.page] === this.boot.nonce) return numberOf(record);
  }
  return this.boot.number;
};

const listFrame = (found: EarlierBoot, record: Uint8Array, place: number): void => {
  const frames = found.frames;
  const words = new Uint32Array(record.buffer, 28, 2);
  const frame: StoredFrame = {
    place,
    first: seqOf(record),
    count: words[0] as number,
    events: new Uint16Array(record.buffer, 36, 1)[0] as number,
    uptimeMs: uptimeOf(record) - (words[1] as number),
  };
  let index = frames.length;
  while (index > 0 && (frames[index - 1] as StoredFrame).first > frame.first) index--;
  frames.splice(index, 0, frame);
  if (frames.length <= listedFrames) return;
  frames.pop();
  found.hasMore = true;
};

const emptyBoot = (nonce: number, number: number): EarlierBoot => ({
  boot: { nonce, number },
  reserved: implicitSeqs,
  durationMs: 0,
  betweenMs: 0,
  frames: [],
  hasMore: false,
});

/** Takes what a record says of the boot that was found. */
const takeRecord = (state: JournalState, found: EarlierBoot, record: Uint8Array, place: number) => {
  const end = endOf(record);
  const boot = found.boot;
  const isFreed = isBoot(state.freedBoot, boot.nonce, boot.number) && end <= state.freedNext;
  found.reserved = Math.max(found.reserved, end);
  if (isFrame(record) && !isFreed) listFrame(found, record, place);
};

/** The oldest boot of which anything is left. */
const oldestBoot = (state: JournalState): EarlierBoot | null => {
  const areas = state.areas;
  const cursor = cursorAt(areas, state.tailSequence, state.tailOffset);
  let found: EarlierBoot | null = null;
  let lastNumber = -1;
  let lastMs = 0;
  for (let record = nextInLog(areas, cursor); record; record = nextInLog(areas, cursor)) {
    if (kindOfRecord(record) === definitionKind || (!found && !isLive(record))) continue;
    const nonce = areas.nonces[cursor.page] as number;
    const number = numberOf(record);
    if (isBoot(state.boot, nonce, number)) return found;
    if (!found) found = emptyBoot(nonce, number);
    const uptimeMs = uptimeOf(record);
    if (isBoot(found.boot, nonce, number)) {
      found.durationMs = Math.max(found.durationMs, uptimeMs);
      const place = cursor.page * areas.flash.pageBytes + cursor.offset;
      if (isLive(record)) takeRecord(state, found, record, place);
      continue;
    }
    if (number !== lastNumber) lastMs = 0;
    found.betweenMs += uptimeMs - lastMs;
    lastNumber = number;
    lastMs = uptimeMs;
  }
  return found;
};

export const earlierBoot = function (this: JournalState): EarlierBoot | null {
  const found = oldestBoot(this);
  const boot = this.boot;
  const next = this.settledNumber + 1;
  if (next === 1 || (found && found.boot.nonce !== boot.nonce)) return found;
  return next < (found ? found.boot.number : boot.number) ? emptyBoot(boot.nonce, next) : found;
};

/** Notes where the next walk through the boot's frames begins; that of the boots before only past whole ones. */
const begin = (
  state: JournalState,
  isOwn: boolean,
  next: number,
  sequence: number,
  offset: number,
): void => {
  if (isOwn) {
    state.ownSequence = sequence;
    state.ownOffset = offset;
  } else if (next === Infinity) {
    state.tailSequence = sequence;
    state.tailOffset = offset;
  }
};

/** Marks what is freed of a boot, this one or the oldest. */
const markFreed = (state: JournalState, boot: Boot, next: number, isOwn: boolean): void => {
  const areas = state.areas;
  const isWriting = isAllowed(state.mayWrite);
  const cursor = isOwn
    ? cursorAt(areas, state.ownSequence, state.ownOffset)
    : cursorAt(areas, state.tailSequence, state.tailOffset);
  let page = cursor.page;
  /** Whether everything so far is done with: later walks then begin behind it. */
  let isFirst = true;
  for (let record = nextInLog(areas, cursor); record; record = nextInLog(areas, cursor)) {
    if (page !== cursor.page && page >= 0 && isWriting) retireArea(areas, page);
    page = cursor.page;
    if (!isLive(record)) continue;
    const isOther = !isBoot(boot, areas.nonces[page] as number, numberOf(record));
    const isDone = next === Infinity || (isFrame(record) && endOf(record) <= next);
    if (isFirst && (isOther || (isFrame(record) && !isDone))) {
      isFirst = false;
      begin(state, isOwn, next, cursor.sequence, cursor.offset);
    }
    if (isOther) break;
    if (!isDone) continue;
    if (isOwn && isFrame(record)) state.ownFrames--;
    if (isWriting) freeRecord(areas, page, cursor.offset);
  }
  if (page >= 0 && isWriting) retireArea(areas, page);
  if (isFirst) begin(state, isOwn, next, cursor.sequence, cursor.nextOffset);
};

export const freeBoot = function (this: JournalState, boot: Boot, next: number): void {
  const isOwn = isBoot(this.boot, boot.nonce, boot.number);
  if (isOwn && next === Infinity) {
    if (this.reservedPage >= 0 && isAllowed(this.mayWrite)) {
      freeRecord(this.areas, this.reservedPage, this.reservedOffset);
    }
    this.reservedPage = -1;
    this.rest();
  }
  if (!isOwn || this.ownFrames > 0) markFreed(this, boot, next, isOwn);
  if (isOwn) return;
  this.freedBoot = boot;
  this.freedNext = next;
  if (next === Infinity && boot.nonce === this.boot.nonce) this.settledNumber = boot.number;
};

export const readFrame = function (this: JournalState, place: number): StoredBody | null {
  const areas = this.areas;
  const pageBytes = areas.flash.pageBytes;
  const page = Math.floor(place / pageBytes);
  const record = readRecord(areas, page, place - page * pageBytes);
  if (!record || !isFrame(record)) return null;
  const names = new Uint16Array(record.buffer, 38, 1)[0] as number;
  const named = new Uint32Array(record.buffer, frameHeadBytes, names);
  const offsets = new Uint16Array(record.buffer, frameHeadBytes + names * 4, names);
  const bodyAt = frameHeadBytes + nameBytes(names);
  const numbers: number[] = [];
  const meanings: string[] = [];
  for (let index = 0; index < names; index++) {
    const meaning = readMeaning(areas, page, (offsets[index] as number) * 4);
    if (meaning === null) return null;
    numbers.push(named[index] as number);
    meanings.push(meaning);
  }
  const bytes = new Uint8Array(record.buffer, bodyAt, record.length - padOf(record) - bodyAt);
  return { format: formatOf(record), bytes, numbers, meanings };
};
