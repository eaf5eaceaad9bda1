import { sealTombstone } from "../shared/codec/encode.ts";
import { bodyFormats } from "../shared/codec/header.ts";
import type { SealedBody } from "../shared/codec/sealed-body.ts";
import type { DropCount } from "../shared/event.ts";
import { addDrop } from "./tally.ts";

/** A sealed frame without an ack, or the tombstone of one. */
export interface HeldFrame {
  /** Seq of its first entry. */
  first: number;
  /** Uptime of its first entry. */
  uptimeMs: number;
  body: SealedBody;
  /** Events in it; drop counts and the boot's end are no events. */
  events: number;
  hasErrors: boolean;
  /** What is lost with it: its events by level, and the drop counts it carries. */
  drops: DropCount[];
  /** How often it was sent. */
  sends: number;
  /** Uptime of the last sending. */
  sentAtMs: number;
}

/** What holding a frame costs beside its body, about. */
export const frameOverheadBytes = 32;

/** Turns a frame into what remains where it gives way: its seqs, and what was lost with it. */
export const entomb = (frame: HeldFrame): void => {
  frame.body = sealTombstone(frame.body.count, frame.drops, frame.uptimeMs);
  frame.events = 0;
};

export const isTombstone = (frame: HeldFrame): boolean =>
  frame.body.format === bodyFormats.tombstone;

/** Whether two neighbours are tombstones that the agent cannot have seen. */
export const isJoinable = (left: HeldFrame, right: HeldFrame): boolean =>
  isTombstone(left) && isTombstone(right) && left.sends + right.sends === 0;

/** Lets the tombstone `left` stand for the seqs of its neighbour as well. */
export const joinTombstone = (left: HeldFrame, right: HeldFrame): void => {
  for (let index = 0; index < right.drops.length; index++) {
    addDrop(left.drops, right.drops[index] as DropCount);
  }
  left.body.count += right.body.count;
  entomb(left);
};
