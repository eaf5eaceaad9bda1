import { callWithin, cancelDeadline, createDeadline } from "./deadline.ts";
import type { Framer } from "./framer.ts";
import { errorRank, rankOf } from "./rank.ts";
import type { Setup } from "./setup.ts";

/**
 * Decides when an open frame leaves: after a time, and at once from level error up. What is due
 * stays open, and grows, until a frame can be sent: so an outage makes full frames, not many.
 */
export interface Flusher {
  /** An event of that kind was admitted: the frame's first, or one from level error up. */
  added(kind: number): void;
  /** A count waits for a frame. */
  dropped(): void;
  /** The open frame was sealed; another begins. */
  sealed(): void;
  /** Makes what is open due. */
  flush(): void;
  /** Nothing becomes due before more is added or dropped. */
  pause(): void;
  /** Seals what is due, to be called when a frame can be sent; false where nothing is. */
  sealDue(): boolean;
}

/** Least time between two flushes that errors cause. */
const urgentPauseMs = 2_000;

/** `onDue` is told when a frame is due. */
export const createFlusher = (setup: Setup, framer: Framer, onDue: () => void): Flusher => {
  const platform = setup.platform;
  let isDue = false;
  let urgentAtMs = -urgentPauseMs;

  const flush = (): void => {
    if (framer.isEmpty()) return;
    isDue = true;
    cancelDeadline(deadline);
    onDue();
  };
  const deadline = createDeadline(platform, flush);
  const flushWithin = (delayMs: number): void => {
    if (!isDue) callWithin(deadline, delayMs);
  };
  const flushUrgently = (): void => {
    const waitMs = urgentAtMs + urgentPauseMs - platform.uptimeMs();
    if (waitMs > 0) {
      flushWithin(waitMs);
      return;
    }
    urgentAtMs = platform.uptimeMs();
    if (setup.link.hurry) setup.link.hurry();
    flush();
  };
  return {
    flush,
    added(kind) {
      if (rankOf(kind) >= errorRank) flushUrgently();
      else flushWithin(setup.waitLimitMs);
    },
    dropped() {
      flushWithin(setup.waitLimitMs);
    },
    sealed() {
      isDue = false;
      cancelDeadline(deadline);
      if (!framer.isEmpty()) flushWithin(setup.waitLimitMs);
    },
    pause: () => cancelDeadline(deadline),
    sealDue: () => isDue && framer.seal(),
  };
};
