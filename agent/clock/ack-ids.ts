/** Ids given out ahead of the next save. */
const reservedIds = 256;

/** Acks whose time of sending is remembered; a power of two. */
const rememberedAcks = 64;

/** How far above a foreign id ours go on. */
const foreignIdGap = 4_096;

/** Ids of ours never come near it, so a foreign id above it cannot be mistaken for one. */
const ackIdLimit: number = 2 ** 52;

/**
 * Ids of the acks of one boot, and when each left. They rise, across restarts too, so an id names
 * one ack for ever: what another run or another store gave out is never taken for ours.
 */
export interface AckIds {
  /** Gives the ack that leaves now its id; 0 while all saved ids are used up. */
  give(sentMs: number): number;
  /** When this run sent the ack; undefined for any other, and for those long ago. */
  sentAt(id: number): number | undefined;
  /** Notes an id that a device returned: ids go on well above one that was never given out. */
  noteReturned(id: number): void;
  /** Takes all ids given so far for another store's as well: ids go on well above them. */
  disown(): void;
  /** Whether the id is one of those. */
  isDisowned(id: number): boolean;
  /** Whether the id was given after `disown`, and so can be no other store's. */
  isOwn(id: number): boolean;
  /** What to save: ids below it may be given out once it is saved. */
  wantedCeiling(): number;
  noteSaved(ceiling: number): void;
  /** Whether less than half of the reserve is left. */
  isLow(): boolean;
}

/** `savedCeiling` is the last one saved, 1 for a boot never seen before. */
export const createAckIds = (savedCeiling: number): AckIds => {
  let next = savedCeiling;
  let ceiling = savedCeiling;
  let oldest = next;
  let sentMs: Float64Array | undefined;
  let disownedFrom = Number.POSITIVE_INFINITY;
  let ownFrom = Number.POSITIVE_INFINITY;

  const goOnAt = (id: number): void => {
    next = id;
    oldest = id;
  };

  return {
    give: (nowMs) => {
      if (next >= ceiling) return 0;
      sentMs ??= new Float64Array(rememberedAcks);
      sentMs[next % rememberedAcks] = nowMs;
      next += 1;
      oldest = Math.max(oldest, next - rememberedAcks);
      return next - 1;
    },
    sentAt: (id) => (id >= oldest && id < next ? sentMs?.[id % rememberedAcks] : undefined),
    noteReturned: (id) => {
      if (id >= next && id <= ackIdLimit) goOnAt(id + foreignIdGap);
    },
    disown: () => {
      disownedFrom = Math.min(disownedFrom, oldest);
      goOnAt(next + foreignIdGap);
      ownFrom = next;
    },
    isDisowned: (id) => id >= disownedFrom && id < ownFrom,
    isOwn: (id) => id >= ownFrom,
    wantedCeiling: () => next + reservedIds,
    noteSaved: (saved) => {
      ceiling = Math.max(ceiling, saved);
    },
    isLow: () => ceiling - next < reservedIds / 2,
  };
};
