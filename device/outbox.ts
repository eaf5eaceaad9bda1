import type { DropReason } from "../shared/event.ts";
import {
  entomb,
  frameOverheadBytes,
  type HeldFrame,
  isJoinable,
  isShed,
  isTombstone,
  joinFrames,
  shed,
  storedOverheadBytes,
  storeFrame,
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
   * with errors last, until an open frame fits: to flash where there is any, which takes what waits in
   * vain already while there is room.
   */
  makeRoom(openBytes: number): void;
  /** Forgets frames that were sent and lie wholly below `next`; answers how many. */
  retire(next: number): number;
  /** Forgets all frames. */
  clear(): void;
  /** Leaves of a frame only its seqs, and counts the events lost with the rest. */
  bury(frame: HeldFrame, reason: DropReason): void;
}

/** How full an outbox may be for an event of each level to be admitted, debug first. */
const shares = [0.5, 0.75, 0.87, 0.95, 1];

/** Room below this is none. */
const leastRoomBytes = 48;

/** Part of an outbox that only tombstones may use. */
const tombstoneShare = 1 / 8;

/** Part that frames in flash may use for what must be known of them. */
const storedShare = 1 / 4;

/** What part of an outbox with flash is used while frames get no ack for so long. */
const spillParts = 2;
const spillAfterMs = 2_000;

/** Whether frames wait in vain, and flash can have them. */
const isStuck = (setup: Setup, first: HeldFrame | undefined): boolean => {
  if (!setup.journal || !first) return false;
  const waitedMs = setup.platform.uptimeMs() - first.sentAtMs;
  return !setup.link.isConnected() || (first.sends > 0 && waitedMs >= spillAfterMs);
};

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a board pays 6 variables for each function more
export const createOutbox = (setup: Setup): Outbox => {
  const frames: HeldFrame[] = [];
  const limits = new Int32Array(kinds);
  let liveBytes = 0;
  let tombstoneBytes = 0;
  let storedBytes = 0;

  const liveLimitBytes = (): number =>
    setup.limitBytes - storedBytes - Math.max(setup.limitBytes * tombstoneShare, tombstoneBytes);
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
    if (isShed(frame)) {
      storedBytes += (sign * storedOverheadBytes * (frame.stored as number[]).length) / 3;
    } else if (isTombstone(frame)) tombstoneBytes += bytes;
    else liveBytes += bytes;
    measure();
  };
  const join = (index: number): void => {
    const left = frames[index];
    const right = frames[index + 1];
    if (!left || !right || !isJoinable(left, right)) return;
    account(left, -1);
    account(right, -1);
    joinFrames(left, right);
    account(left, 1);
    frames.splice(index + 1, 1);
  };
  const bury = (frame: HeldFrame, reason: DropReason): void => {
    if (frame.events > 0) countDropped(setup.tally, reason, frame.events);
    account(frame, -1);
    entomb(frame, reason);
    account(frame, 1);
  };
  /** Lets flash alone have the body; false where it does not take it. */
  const createSpill =
    () =>
    (frame: HeldFrame): boolean => {
      const hasRoom = frame.stored || storedBytes < setup.limitBytes * storedShare;
      if (!hasRoom || !storeFrame(setup, frame)) return false;
      account(frame, -1);
      shed(frame);
      account(frame, 1);
      return true;
    };
  const spill = setup.journal && createSpill();
  measure();
  return {
    frames,
    limits,
    roomBytes,
    bury,
    add(frame) {
      frames.push(frame);
      account(frame, 1);
    },
    clear() {
      frames.splice(0, frames.length);
      liveBytes = tombstoneBytes = storedBytes = 0;
      measure();
    },
    bytes: () => liveBytes + tombstoneBytes,
    makeRoom(openBytes) {
      if (fitLimit(setup, liveBytes + tombstoneBytes)) measure();
      const neededBytes = openBytes > 0 ? openBytes + frameOverheadBytes : 0;
      const easyBytes = isStuck(setup, frames[0]) ? setup.limitBytes / spillParts : Infinity;
      for (;;) {
        const isOver = liveBytes + neededBytes > liveLimitBytes();
        const index = isOver || liveBytes > easyBytes ? oldestToGive(frames) : -1;
        if (index < 0) return;
        const frame = frames[index] as HeldFrame;
        const isSpilt = spill ? spill(frame) : false;
        if (!isSpilt && !isOver) return;
        if (!isSpilt) bury(frame, "outbox_full");
        join(index);
        join(index - 1);
      }
    },
    retire(next) {
      let retired = 0;
      let isStored = false;
      for (; frames.length > 0; retired++) {
        const frame = frames[0] as HeldFrame;
        if (!frame.sends || frame.first + frame.body.count > next) break;
        setup.tally.acked += frame.events;
        setup.table.settle(setup.formerEntries + frame.first + frame.body.count);
        account(frame, -1);
        if (frame.stored || isTombstone(frame)) isStored = true;
        frames.shift();
      }
      if (isStored && setup.journal) setup.journal.free(setup.journal.boot, next);
      return retired;
    },
  };
};

/**
 * Place of the oldest frame that flash has as well, else of the oldest without errors, else of the
 * oldest with; -1 where no body is left.
 */
const oldestToGive = (frames: HeldFrame[]): number => {
  let withErrors = -1;
  let without = -1;
  for (let index = 0; index < frames.length; index++) {
    const frame = frames[index] as HeldFrame;
    if (isTombstone(frame) || isShed(frame)) continue;
    if (frame.stored) return index;
    if (!frame.hasErrors && without < 0) without = index;
    if (frame.hasErrors && withErrors < 0) withErrors = index;
  }
  return without < 0 ? withErrors : without;
};
