import {
  costBytes,
  entomb,
  frameOverheadBytes,
  type HeldFrame,
  isJoinable,
  joinTombstones,
} from "./held-frame.ts";
import { countDropped, type Tally } from "./tally.ts";

/** Frames in seq order that wait for an ack, bounded in bytes. */
export interface Outbox {
  add(frame: HeldFrame): void;
  /** Frames held, tombstones among them. */
  length(): number;
  at(index: number): HeldFrame;
  /** Bytes held, bookkeeping included. */
  bytes(): number;
  /** Events held. */
  events(): number;
  /** Up to what length an open frame may grow by an event of level number `rank`. */
  roomBytes(rank: number): number;
  /** Lets whole frames give way, oldest first and those with errors last, until an open frame fits. */
  makeRoom(openBytes: number): void;
  /** Forgets frames that were sent and lie wholly below `next`; answers how many. */
  retire(next: number): number;
}

/** How full an outbox may be for an event of each level to be admitted, debug first. */
const shares = [0.5, 0.75, 0.87, 0.95, 1];

/** Part of an outbox that only tombstones may use. */
const tombstoneShare = 1 / 8;

export const createOutbox = (limitBytes: number, tally: Tally): Outbox => {
  const frames: HeldFrame[] = [];
  let liveBytes = 0;
  let tombstoneBytes = 0;
  let events = 0;

  const account = (frame: HeldFrame, sign: number): void => {
    if (frame.isTombstone) tombstoneBytes += sign * costBytes(frame);
    else liveBytes += sign * costBytes(frame);
    events += sign * frame.events;
  };
  const join = (index: number): void => {
    const left = frames[index];
    const right = frames[index + 1];
    if (left === undefined || right === undefined || !isJoinable(left, right)) return;
    account(left, -1);
    account(right, -1);
    account(joinTombstones(left, right), 1);
    frames.splice(index + 1, 1);
  };
  const evict = (index: number): void => {
    const frame = frames[index] as HeldFrame;
    const tombstone = entomb(frame);
    account(frame, -1);
    account(tombstone, 1);
    frames[index] = tombstone;
    if (frame.events > 0) countDropped(tally, "outbox_full", frame.events);
    join(index);
    join(index - 1);
  };
  const liveLimitBytes = (): number =>
    limitBytes - Math.max(limitBytes * tombstoneShare, tombstoneBytes);

  return {
    add(frame) {
      frames.push(frame);
      account(frame, 1);
    },
    length: () => frames.length,
    at: (index) => frames[index] as HeldFrame,
    bytes: () => liveBytes + tombstoneBytes,
    events: () => events,
    roomBytes(rank) {
      const heldBytes = frameOverheadBytes + (rank < shares.length - 1 ? liveBytes : 0);
      return Math.floor(liveLimitBytes() * (shares[rank] as number)) - heldBytes;
    },
    makeRoom(openBytes) {
      const neededBytes = openBytes > 0 ? openBytes + frameOverheadBytes : 0;
      while (liveBytes + neededBytes > liveLimitBytes()) {
        const index = oldestToGive(frames);
        if (index < 0) return;
        evict(index);
      }
    },
    retire(next) {
      let retired = 0;
      for (; frames.length > 0; retired++) {
        const frame = frames[0] as HeldFrame;
        if (frame.sends === 0 || frame.first + frame.body.count > next) break;
        tally.acked += frame.events;
        account(frame, -1);
        frames.shift();
      }
      return retired;
    },
  };
};

/** Place of the oldest frame without errors, else of the oldest with; -1 where only tombstones are left. */
const oldestToGive = (frames: HeldFrame[]): number => {
  let withErrors = -1;
  for (let index = 0; index < frames.length; index++) {
    const frame = frames[index] as HeldFrame;
    if (!frame.isTombstone && !frame.hasErrors) return index;
    if (!frame.isTombstone && withErrors < 0) withErrors = index;
  }
  return withErrors;
};
