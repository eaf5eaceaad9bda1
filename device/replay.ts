import { sealEnd } from "../shared/codec/encode.ts";
import { bodyFormats } from "../shared/codec/header.ts";
import { entomb, type HeldFrame, shedFrame } from "./held-frame.ts";
import type { EarlierBoot, Journal, StoredFrame } from "./journal/journal.ts";
import { createLane, type Held, type Lane } from "./lane.ts";
import type { Setup } from "./setup.ts";

/**
 * What an earlier boot left, one after the other: its frames, a tombstone for the seqs that may have
 * been used and are not held, wherever they are missing, and the boot's end.
 */
const createLeft = (journal: Journal, earlier: EarlierBoot): Held => {
  const frames: HeldFrame[] = [];
  const stored = earlier.frames;
  const last = stored[stored.length - 1];
  let index = 0;
  let next = 0;

  const endOf = (frame: StoredFrame): number => frame.first + frame.count;
  const advance = (): void => {
    while (index < stored.length && endOf(stored[index] as StoredFrame) <= next) index++;
    const frame = stored[index];
    if (frame && frame.first <= next) {
      const place = [frame.place, frame.count, frame.events];
      frames.push(shedFrame(frame.first, frame.uptimeMs, place, frame.events));
      return;
    }
    const lost = (frame ? frame.first : earlier.reserved) - next;
    const gap = shedFrame(next, earlier.durationMs, [-1, lost, 0], 0);
    if (lost > 0) {
      gap.drops = [{ level: "info", reason: "power_loss", count: lost }];
      entomb(gap, "power_loss");
    } else gap.body = sealEnd(earlier.durationMs);
    frames.push(gap);
  };
  /** Whether the agent has the boot's end, where all below `next` is stored. */
  const isSettled = (frame: HeldFrame): boolean => {
    if (frame.body.format === bodyFormats.lastEntries) return true;
    if (next > Math.max(earlier.reserved, last ? endOf(last) : 0)) return true;
    const read = last && endOf(last) <= next ? journal.read(last.place) : null;
    return read !== null && read.format === bodyFormats.lastEntries;
  };
  advance();
  return {
    frames,
    bury: entomb,
    retire(acked) {
      const frame = frames[0] as HeldFrame;
      if (!frame.sends || frame.first + frame.body.count > acked) return 0;
      frames.pop();
      next = acked;
      const isOver = isSettled(frame);
      journal.free(earlier.boot, isOver ? Infinity : next);
      if (!isOver) advance();
      return 1;
    },
  };
};

/** The lane of the oldest boot of which flash holds anything; null where it holds nothing. */
export const createReplay = (setup: Setup, onOverdue: () => void): Lane | null => {
  const journal = setup.journal;
  const earlier = journal ? journal.earlier() : null;
  if (!journal || !earlier) return null;
  return createLane(setup, () => earlier.boot, createLeft(journal, earlier), earlier, onOverdue);
};
