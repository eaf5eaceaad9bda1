import type { Boot } from "../../shared/frame.ts";
import type { Platform } from "../platform.ts";
import { burn, longestRow } from "./counter.ts";
import type { JournalStats } from "./journal.ts";
import type { Areas } from "./record.ts";

/** Seqs a boot may use before it has written anything. */
export const implicitSeqs = 64;

const dayMs = 86_400_000;

/** Part of a day's bytes that a boot may write at once, and earns by living that part of a day. */
const startShare = 1 / 16;

/** What reservations may take beyond the budget in one boot. */
const overdraftBytes = 64;

/**
 * The journal as its parts see it. Its methods are functions of modules, called on it: a board would pay
 * for each closure.
 */
export interface JournalState {
  platform: Pick<Platform, "uptimeMs" | "entropy">;
  areas: Areas;
  boot: Boot;
  /** Whether this start was counted; else nothing of it is stored. */
  isCounted: boolean;
  /** Where the mark goes that this boot did not die early; 0 once it is there. */
  restAt: number;
  mayWrite: () => boolean;
  dayBytes: number;
  /** The same as the program chose it. */
  givenBytes: number;
  /** What may be written now, as of `budgetAtMs`. */
  budgetBytes: number;
  budgetAtMs: number;
  /** Seqs below may be used; where that is written, and how far the next one goes. */
  reserved: number;
  reservedPage: number;
  reservedOffset: number;
  reservedAtMs: number;
  blockSeqs: number;
  /** Definitions in the head: how many, their crc32s, their offsets in words, this boot's numbers + 1. */
  definitions: number;
  hashes: Uint32Array;
  offsets: Uint16Array;
  numbers: Uint32Array;
  /** Where the oldest record is that is not settled, about: number of its area, offset. */
  tailSequence: number;
  tailOffset: number;
  /** Of the boot being settled: frames below are freed. */
  freedBoot: Boot;
  freedNext: number;
  /** Number of the last boot that was settled; 0 for none. */
  settledNumber: number;
  /** Frames of this boot in flash without an ack. */
  ownFrames: number;
  /** Where the first record of this boot went; 0 for none. */
  ownSequence: number;
  ownOffset: number;
  refused: JournalStats["refused"];
  rest(): void;
}

/** What a boot may write at once, where `shortRow` before it died early. */
export const startBytes = (dayBytes: number, shortRow: number): number =>
  shortRow >= longestRow ? 0 : Math.floor((dayBytes * startShare) / (1 << shortRow));

/** Whether the application has nothing against writing; a fault of its own is no objection. */
export const isAllowed = (mayWrite: () => boolean): boolean => {
  try {
    return mayWrite() !== false;
  } catch {
    return true;
  }
};

/** Remembers that this boot is not one of a row that die early. */
export const rest = function (this: JournalState): void {
  if (this.restAt === 0 || !isAllowed(this.mayWrite)) return;
  burn(this.areas.flash, this.restAt);
  this.restAt = 0;
};

/** Bytes that may be written now. */
export const budget = (state: JournalState): number => {
  const nowMs = state.platform.uptimeMs();
  const earned = ((nowMs - state.budgetAtMs) * state.dayBytes) / dayMs;
  state.budgetBytes = Math.min(state.dayBytes, state.budgetBytes + earned);
  state.budgetAtMs = nowMs;
  if (nowMs >= dayMs * startShare) state.rest();
  return state.budgetBytes;
};

/** The same for what must not be refused lightly. */
export const urgentBudget = (state: JournalState): number => budget(state) + overdraftBytes;
