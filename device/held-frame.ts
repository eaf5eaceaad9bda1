import { type SealedBody, sealTombstone } from "../shared/codec/encode.ts";
import type { DropCount } from "../shared/event.ts";
import { addDrop } from "./tally.ts";

/** A sealed frame without an ack. */
export interface HeldFrame {
  /** Seq of its first entry. */
  first: number;
  /** Uptime of its first entry. */
  uptimeMs: number;
  body: SealedBody;
  /** Events in it; drop counts and the boot's end are no events. */
  events: number;
  hasErrors: boolean;
  /** What would be lost with it: its events by level, and the drop counts it carries. */
  drops: DropCount[];
  isTombstone: boolean;
  /** How often it was sent. */
  sends: number;
  /** Uptime of the last sending. */
  sentAtMs: number;
}

/** What holding a frame costs beside its body, about. */
export const frameOverheadBytes = 32;

export const costBytes = (frame: HeldFrame): number => frame.body.bytes.length + frameOverheadBytes;

/** What remains of a frame that gives way: its seqs, and what was lost with it. */
export const entomb = (frame: HeldFrame): HeldFrame => ({
  first: frame.first,
  uptimeMs: frame.uptimeMs,
  body: sealTombstone(frame.body.count, frame.drops, frame.uptimeMs),
  events: 0,
  hasErrors: false,
  drops: frame.drops,
  isTombstone: true,
  sends: frame.sends,
  sentAtMs: frame.sentAtMs,
});

/** Whether two neighbours are tombstones that the agent cannot have seen. */
export const isJoinable = (left: HeldFrame, right: HeldFrame): boolean =>
  left.isTombstone && right.isTombstone && left.sends + right.sends === 0;

/** One tombstone for the seqs of two neighbours. */
export const joinTombstones = (left: HeldFrame, right: HeldFrame): HeldFrame => {
  for (let index = 0; index < right.drops.length; index++) {
    addDrop(left.drops, right.drops[index] as DropCount);
  }
  left.body = sealTombstone(left.body.count + right.body.count, left.drops, left.uptimeMs);
  return left;
};
