import {
  entomb,
  frameOverheadBytes,
  type HeldFrame,
  isJoinable,
  isTombstone,
  joinTombstone,
} from "./held-frame.ts";
import { fitLimit } from "./memory.ts";
import { kinds, rankOf } from "./rank.ts";
import type { Setup } from "./setup.ts";
import { countDropped } from "./tally.ts";

/** Frames in seq order that wait for an ack, bounded in bytes. */
export interface Outbox {
  /** What is held, tombstones among them. For reading. */
  frames: HeldFrame[];
  add(frame: HeldFrame): void;
  /** Bytes held, bookkeeping included. */
  bytes(): number;
  /** Up to what length an open frame may grow by an event of level number `rank`. */
  roomBytes(rank: number): number;
  /**
   * The same by kind of event, as of now, for frames that aim at the usual size; 0 where it is too
   * little to be tried.
   */
  limits: Int32Array;
  /**
   * Fits the limit to the memory that is free, and lets whole frames give way, oldest first and those
   * with errors last, until an open frame fits.
   */
  makeRoom(openBytes: number): void;
  /** Forgets frames that were sent and lie wholly below `next`; answers how many. */
  retire(next: number): number;
}

/** How full an outbox may be for an event of each level to be admitted, debug first. */
const shares = [0.5, 0.75, 0.87, 0.95, 1];

/** Room below this is none. */
const leastRoomBytes = 48;

/** Part of an outbox that only tombstones may use. */
const tombstoneShare = 1 / 8;

export const createOutbox = (setup: Setup): Outbox => {
  const frames: HeldFrame[] = [];
  const limits = new Int32Array(kinds);
  let liveBytes = 0;
  let tombstoneBytes = 0;

  const liveLimitBytes = (): number =>
    setup.limitBytes - Math.max(setup.limitBytes * tombstoneShare, tombstoneBytes);
  const roomBytes = (rank: number): number => {
    const heldBytes = frameOverheadBytes + (rank < shares.length - 1 ? liveBytes : 0);
    return Math.floor(liveLimitBytes() * (shares[rank] as number)) - heldBytes;
  };
  const measure = (): void => {
    for (let kind = 0; kind < kinds; kind++) {
      const bytes = roomBytes(rankOf(kind));
      limits[kind] = bytes < leastRoomBytes ? 0 : Math.min(setup.bodyBytes, bytes);
    }
  };
  const account = (frame: HeldFrame, sign: number): void => {
    const bytes = sign * (frame.body.bytes.length + frameOverheadBytes);
    if (isTombstone(frame)) tombstoneBytes += bytes;
    else liveBytes += bytes;
    measure();
  };
  const join = (index: number): void => {
    const left = frames[index];
    const right = frames[index + 1];
    if (!left || !right || !isJoinable(left, right)) return;
    account(left, -1);
    account(right, -1);
    joinTombstone(left, right);
    account(left, 1);
    frames.splice(index + 1, 1);
  };
  const evict = (index: number): void => {
    const frame = frames[index] as HeldFrame;
    if (frame.events > 0) countDropped(setup.tally, "outbox_full", frame.events);
    account(frame, -1);
    entomb(frame);
    account(frame, 1);
    join(index);
    join(index - 1);
  };
  measure();
  return {
    frames,
    limits,
    roomBytes,
    add(frame) {
      frames.push(frame);
      account(frame, 1);
    },
    bytes: () => liveBytes + tombstoneBytes,
    makeRoom(openBytes) {
      if (fitLimit(setup, liveBytes + tombstoneBytes)) measure();
      const neededBytes = openBytes > 0 ? openBytes + frameOverheadBytes : 0;
      while (liveBytes + neededBytes > liveLimitBytes()) {
        const index = oldestToGive(frames);
        if (index < 0) return;
        evict(index);
      }
    },
    retire(next) {
      const held = frames.length;
      for (let frame = frames[0]; frame && isRetired(frame, next); frame = frames[0]) {
        setup.tally.acked += frame.events;
        setup.table.settle(frame.first + frame.body.count);
        account(frame, -1);
        frames.shift();
      }
      return held - frames.length;
    },
  };
};

const isRetired = (frame: HeldFrame, next: number): boolean =>
  frame.sends > 0 && frame.first + frame.body.count <= next;

/** Place of the oldest frame without errors, else of the oldest with; -1 where only tombstones are left. */
const oldestToGive = (frames: HeldFrame[]): number => {
  let withErrors = -1;
  for (let index = 0; index < frames.length; index++) {
    const frame = frames[index] as HeldFrame;
    if (!isTombstone(frame) && !frame.hasErrors) return index;
    if (!isTombstone(frame) && withErrors < 0) withErrors = index;
  }
  return withErrors;
};
