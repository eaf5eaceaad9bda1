import { sealEnd } from "../shared/codec/encode.ts";
import { bodyFormats } from "../shared/codec/header.ts";
import { entomb, type HeldFrame, shedFrame } from "./held-frame.ts";
import type { EarlierBoot, Journal, StoredFrame } from "./journal/journal.ts";
import { createLane, type Lane, type Source } from "./lane.ts";
import type { Setup } from "./setup.ts";

/**
 * What an earlier boot left, one after the other: its frames, a tombstone for the seqs that may have
 * been used and are not held, wherever they are missing, and the boot's end.
 */
const createLeft = (journal: Journal, earlier: EarlierBoot): Source => {
  const boot = earlier.boot;
  const frames: HeldFrame[] = [];
  let listed = earlier.frames;
  let hasMore = earlier.hasMore;
  let next = 0;
  /** Whether the agent has the boot's end. */
  let isOver = false;

  const listMore = (): void => {
    journal.free(boot, next);
    const more = journal.earlier();
    hasMore = more !== null && more.boot.number === boot.number && more.hasMore;
    if (more && more.boot.number === boot.number) listed = more.frames;
  };
  /** The first stored frame that reaches beyond `next`. */
  const findStored = (): StoredFrame | undefined => {
    for (;;) {
      if (listed.length === 0 && hasMore) listMore();
      const frame = listed[0];
      if (!frame || frame.first + frame.count > next) return frame;
      listed.shift();
      if (listed.length > 0 || hasMore) continue;
      const read = journal.read(frame.place);
      isOver = read !== null && read.format === bodyFormats.lastEntries;
    }
  };
  /** `end`: of the last frame that was sent. */
  const advance = (end: number): void => {
    const stored = findStored();
    if (!stored && next > Math.max(earlier.reserved, end)) isOver = true;
    if (isOver) return;
    if (stored && stored.first <= next) {
      const place = [stored.place, stored.count, stored.events];
      const frame = shedFrame(stored.first, stored.uptimeMs, place, stored.events);
      // They are no events of this boot's.
      frame.events = 0;
      frames.push(frame);
      return;
    }
    const lost = (stored ? stored.first : earlier.reserved) - next;
    const gap = shedFrame(next, earlier.durationMs, [-1, lost, 0], 0);
    gap.stored = null;
    if (lost > 0) {
      gap.drops = [{ level: "info", reason: "power_loss", count: lost }];
      entomb(gap, "power_loss");
    } else gap.body = sealEnd(earlier.durationMs);
    frames.push(gap);
  };
  advance(0);
  return {
    boot: () => boot,
    frames,
    earlier,
    bury: entomb,
    retire(acked) {
      const frame = frames[0] as HeldFrame;
      const end = frame.first + frame.body.count;
      if (!frame.sends || end > acked) return 0;
      frames.pop();
      next = acked;
      if (frame.body.format === bodyFormats.lastEntries) isOver = true;
      else advance(end);
      journal.free(boot, isOver ? Infinity : next);
      return 1;
    },
  };
};

/** The lane of the oldest boot of which flash holds anything; null where it holds nothing. */
export const createReplay = (setup: Setup, onOverdue: () => void): Lane | null => {
  const journal = setup.journal;
  if (journal) setup.boot();
  const earlier = journal ? journal.earlier() : null;
  if (!journal || !earlier) return null;
  return createLane(setup, createLeft(journal, earlier), onOverdue);
};
