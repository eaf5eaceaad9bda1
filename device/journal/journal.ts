import type { StoredBody } from "../../shared/codec/sealed-body.ts";
import type { Table } from "../../shared/codec/table.ts";
import type { Boot } from "../../shared/frame.ts";
import type { HeldFrame } from "../held-frame.ts";
import type { Platform } from "../platform.ts";
import { createAreas, eraseFree } from "./area.ts";
import { countStart } from "./counter.ts";
import type { Flash } from "./flash.ts";
import { earlierBoot, freeBoot, heldFrom, readFrame } from "./replay.ts";
import { budget, implicitSeqs, isAllowed, type JournalState, rest, startBytes } from "./state.ts";
import { reserveSeqs, storeFrame } from "./store.ts";

/** A frame as flash holds it. */
export interface StoredFrame {
  /** Where it is; for `read`. */
  place: number;
  first: number;
  count: number;
  /** Events in it. */
  events: number;
  /** Uptime of its first entry. */
  uptimeMs: number;
}

/** A boot before this one of which the agent may not have everything. */
export interface EarlierBoot {
  boot: Boot;
  /** Seqs below this may have been used; those that are not held were lost with the power. */
  reserved: number;
  /** The last uptime that is known of it. */
  durationMs: number;
  /** The same of all boots between it and this one, in all. */
  betweenMs: number;
  /** By rising seq, the first of them. */
  frames: StoredFrame[];
  /** Whether more come once some of these are freed. */
  hasMore: boolean;
}

export interface JournalStats {
  writtenBytes: number;
  erases: number;
  /**
   * Frames not kept: no room that could be had, the budget spent, or the application's `mayWrite` said
   * no.
   */
  refused: { flash_full: number; flash_budget: number; low_battery: number };
}

/**
 * The outbox's flash: frames that outlive a loss of power. Power may fail after any byte it writes:
 * that costs the record being written, and never one before it. Its methods are called on it.
 */
export interface Journal {
  /**
   * This start: the nonce is the flash's, the number is counted there, from 1. Where flash could not
   * count it the number is 0 and the nonce its own; nothing of it is then stored.
   */
  boot: Boot;
  /** Number of the oldest boot that left anything here; this one's where none did. */
  heldFrom(): number;
  /** The oldest boot before this one that left anything; null once all are freed. */
  earlier(): EarlierBoot | null;
  /** Whether seqs below `next` may be used: reserves another block where need be and flash allows. */
  reserve(next: number): boolean;
  /**
   * Keeps a frame of this boot, with what it names; answers its place, or -1 where there is no room
   * or nothing may be written now: see `stats`. Frames with errors may take the last room.
   */
  store(frame: HeldFrame, names: Pick<Table, "numbers" | "meanings">): number;
  /** What `store` put at a place of this boot, or an earlier one's frame; null where it is damaged. */
  read(place: number): StoredBody | null;
  /** The agent has everything of the boot below `next`; Infinity once it is settled for good. */
  free(boot: Boot, next: number): void;
  /** This boot ends in good order, or sleeps: it is not one of a row that die early. */
  rest(): void;
  /** Limits the bytes written a day; null for the program's own limit. Absent where none is kept. */
  setBudget?(bytes: number | null): void;
  /** Reclaims room now, which may take long: for an application that knows when it has time. */
  compact(): void;
  /** Bytes written and areas erased by this boot; frames refused, by reason. */
  stats(): JournalStats;
}

export interface JournalOptions {
  flash: Flash;
  platform: Pick<Platform, "uptimeMs" | "entropy">;
  /** Bytes that may be written a day; 65,536. */
  dayBytes?: number;
  /** Asked before each writing: false while the battery is low. */
  mayWrite?: (() => boolean) | null;
}

/** Bytes that may be written a day, by default. */
const defaultDayBytes = 65_536;

const always = (): boolean => true;

const setBudget = function (this: JournalState, bytes: number | null): void {
  budget(this);
  this.dayBytes = bytes === null ? this.givenBytes : bytes;
  this.budgetBytes = Math.min(this.budgetBytes, this.dayBytes);
};

const compact = function (this: JournalState): void {
  eraseFree(this.areas);
  this.areas.flash.compact();
};

const stats = function (this: JournalState): JournalStats {
  const areas = this.areas;
  return { writtenBytes: areas.writtenBytes, erases: areas.erases, refused: this.refused };
};

/** Opens the journal in `flash`, whatever is there, and counts this start. */
export const createJournal = (options: JournalOptions): Journal => {
  const platform = options.platform;
  const mayWrite = options.mayWrite || always;
  const dayBytes = options.dayBytes || defaultDayBytes;
  const counted = isAllowed(mayWrite) ? countStart(options.flash, platform.entropy) : null;
  const areas = createAreas(options.flash);
  const state: JournalState & Journal = {
    platform,
    areas,
    boot: counted
      ? { nonce: counted.nonce, number: counted.number }
      : { nonce: platform.entropy(), number: 0 },
    isCounted: counted !== null,
    restAt: counted ? counted.restAt : 0,
    mayWrite,
    dayBytes,
    givenBytes: dayBytes,
    budgetBytes: counted ? startBytes(dayBytes, counted.shortRow) : 0,
    budgetAtMs: platform.uptimeMs(),
    reserved: counted ? implicitSeqs : Infinity,
    reservedPage: -1,
    reservedOffset: 0,
    reservedAtMs: 0,
    blockSeqs: 0,
    definitions: 0,
    hashes: new Uint32Array(0),
    offsets: new Uint16Array(0),
    numbers: new Uint32Array(0),
    tailSequence: 0,
    tailOffset: 0,
    freedBoot: { nonce: 0, number: 0 },
    freedNext: 0,
    settledNumber: 0,
    ownFrames: 0,
    ownSequence: 0,
    ownOffset: 0,
    refused: { flash_full: 0, flash_budget: 0, low_battery: 0 },
    heldFrom,
    earlier: earlierBoot,
    reserve: reserveSeqs,
    store: storeFrame,
    read: readFrame,
    free: freeBoot,
    rest,
    setBudget,
    compact,
    stats,
  };
  return state;
};
