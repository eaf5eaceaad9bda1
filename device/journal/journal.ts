import type { StoredBody } from "../../shared/codec/sealed-body.ts";
import type { Table } from "../../shared/codec/table.ts";
import type { Boot } from "../../shared/frame.ts";
import type { HeldFrame } from "../held-frame.ts";

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

/**
 * The outbox's flash: frames that outlive a loss of power. Power may fail after any byte it writes:
 * that costs the record being written, and never one before it.
 */
export interface Journal {
  /** This start: the nonce is the flash's, the number is counted there, from 1. */
  boot: Boot;
  /** Number of the oldest boot that left anything here; this one's where none did. */
  heldFrom(): number;
  /** The oldest boot before this one that left anything; null once all are freed. */
  earlier(): EarlierBoot | null;
  /** Whether seqs below `next` may be used: reserves another block where need be and flash allows. */
  reserve(next: number): boolean;
  /**
   * Keeps a frame of this boot, with what it names; answers its place, or -1 where there is no room
   * or nothing may be written now: see `stats`.
   */
  store(frame: HeldFrame, names: Pick<Table, "numbers" | "meanings">): number;
  /** What `store` put at a place of this boot, or an earlier one's frame; null where it is damaged. */
  read(place: number): StoredBody | null;
  /** The agent has everything of the boot below `next`; Infinity once it is settled for good. */
  free(boot: Boot, next: number): void;
  /** Limits the bytes written a day; null for the program's own limit. Absent where none is kept. */
  setBudget?(bytes: number | null): void;
  /** Reclaims room now, which may take long: for an application that knows when it has time. */
  compact(): void;
  /** Bytes written and areas erased by this boot; frames refused, by reason. */
  stats(): JournalStats;
}

export interface JournalStats {
  writtenBytes: number;
  erases: number;
  /** Frames not kept: no room that could be had, or the budget of the day or the first minute spent. */
  refused: { flash_full: number; flash_budget: number };
}
