import type { DropCount, DropReason } from "../shared/event.ts";

/** Events given up, by reason. `closed` is known to the device alone: they came after the boot's end. */
export type Dropped = { [reason in DropReason | "closed"]?: number };

/** What became of the events, as far as it is settled. */
export interface Tally {
  /** Log calls that passed the level filter. */
  logged: number;
  /** Events in frames that were sent at least once. */
  sent: number;
  /** Frames sent again. */
  resent: number;
  /** Events the agent has promised to keep. */
  acked: number;
  dropped: Dropped;
  /** Seqs in use that flash could not reserve: of these a power cut takes what it takes unreported. */
  unreserved?: number;
}

export const createTally = (): Tally => ({ logged: 0, sent: 0, resent: 0, acked: 0, dropped: {} });

export const countDropped = (tally: Tally, reason: DropReason | "closed", count: number): void => {
  tally.dropped[reason] = (tally.dropped[reason] || 0) + count;
};

/** Adds `drop` to the one of its level and reason in `drops`, or as a new one. */
export const addDrop = (drops: DropCount[], drop: DropCount): void => {
  for (let index = 0; index < drops.length; index++) {
    const known = drops[index] as DropCount;
    if (known.level === drop.level && known.reason === drop.reason) {
      known.count += drop.count;
      return;
    }
  }
  drops.push({ level: drop.level, reason: drop.reason, count: drop.count });
};
