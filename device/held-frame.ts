import { sealTombstone } from "../shared/codec/encode.ts";
import { bodyFormats } from "../shared/codec/header.ts";
import type { SealedBody } from "../shared/codec/sealed-body.ts";
import type { DropCount, DropReason } from "../shared/event.ts";
import type { Setup } from "./setup.ts";
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
  /**
   * Its place in flash, seqs and events, where flash has it as well; null where not. Of a run, several
   * frames in a row that only flash has, three numbers for each.
   */
  stored: number[] | null;
}

/** What holding a frame costs beside its body, about. */
export const frameOverheadBytes = 32;

/** What storing a frame costs in memory while flash alone has its body, about. */
export const storedOverheadBytes = 16;

const noBytes = new Uint8Array(0);

/** Turns a frame into what remains where it is lost: its seqs, and what was lost with it. */
export const entomb = (frame: HeldFrame, reason: DropReason): void => {
  for (let index = 0; index < frame.drops.length; index++) {
    const drop = frame.drops[index] as DropCount;
    if (drop.reason === "outbox_full") drop.reason = reason;
  }
  frame.body = sealTombstone(frame.body.count, frame.drops, frame.uptimeMs);
  frame.events = 0;
  frame.stored = null;
};

export const isTombstone = (frame: HeldFrame): boolean =>
  frame.body.format === bodyFormats.tombstone;

/** Whether flash alone has its body: no sealed body is empty. */
export const isShed = (frame: HeldFrame): boolean => frame.body.bytes.length === 0;

/** Puts a frame into flash as well; false where flash does not take it. */
export const storeFrame = (setup: Setup, frame: HeldFrame): boolean => {
  const journal = setup.journal;
  if (!frame.stored && journal) {
    const table = setup.table;
    const place = journal.store(frame, { numbers: table.numbers, meanings: table.meanings });
    if (place >= 0) frame.stored = [place, frame.body.count, frame.events];
  }
  return frame.stored !== null;
};

/** A frame that flash alone has. */
export const shedFrame = (
  first: number,
  uptimeMs: number,
  stored: number[],
  events: number,
): HeldFrame => ({
  first,
  uptimeMs,
  events,
  hasErrors: false,
  drops: events > 0 ? [{ level: "info", reason: "outbox_full", count: events }] : [],
  sends: 0,
  sentAtMs: 0,
  stored,
  body: {
    format: bodyFormats.entries,
    count: stored[1] as number,
    bytes: noBytes,
    used: "",
    spareBytes: 0,
  },
});

/** Whether two neighbours can be one: the agent cannot have seen them, and they are of one sort. */
export const isJoinable = (left: HeldFrame, right: HeldFrame): boolean =>
  left.sends + right.sends === 0 &&
  ((isTombstone(left) && isTombstone(right)) ||
    (isShed(left) &&
      isShed(right) &&
      // A run cannot say which of its frames brought a count.
      left.drops.concat(right.drops).every((drop) => drop.reason === "outbox_full")));

/** Lets `left` stand for the seqs of its neighbour as well: two tombstones, or a run. */
export const joinFrames = (left: HeldFrame, right: HeldFrame): void => {
  for (let index = 0; index < right.drops.length; index++) {
    addDrop(left.drops, right.drops[index] as DropCount);
  }
  left.body.count += right.body.count;
  if (isShed(left)) {
    left.events += right.events;
    left.stored = (left.stored as number[]).concat(right.stored as number[]);
  } else entomb(left, "outbox_full");
};

/** Makes the first frame of a run one by itself. */
export const splitRun = (frames: HeldFrame[], index: number): void => {
  const run = frames[index] as HeldFrame;
  const stored = run.stored;
  if (!stored || stored.length <= 3) return;
  const part = stored.splice(0, 3);
  const count = part[1] as number;
  const events = part[2] as number;
  frames.splice(index, 0, shedFrame(run.first, run.uptimeMs, part, events));
  run.first += count;
  run.body.count -= count;
  run.events -= events;
  run.drops = shedFrame(0, 0, stored, run.events).drops;
};

/** Lets flash alone have the body of a frame that it stores. */
export const shed = (frame: HeldFrame): void => {
  frame.body.bytes = noBytes;
  frame.body.used = "";
};
