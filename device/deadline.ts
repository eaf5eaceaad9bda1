import type { Platform, Timer } from "./platform.ts";

/**
 * One timer that several parties may ask to be earlier. With functions beside it, not closures in
 * it, of which a board pays each anew.
 */
export interface Deadline {
  platform: Platform;
  callback: () => void;
  /** Null while nothing is asked for. */
  timer: Timer;
  atMs: number;
}

export const createDeadline = (platform: Platform, callback: () => void): Deadline => ({
  platform,
  callback,
  timer: null,
  atMs: 0,
});

export const cancelDeadline = (deadline: Deadline): void => {
  if (deadline.timer) deadline.platform.cancel(deadline.timer);
  deadline.timer = null;
};

/** Calls back after `delayMs`, or earlier where that was asked for already. */
export const callWithin = (deadline: Deadline, delayMs: number): void => {
  const askedMs = deadline.platform.uptimeMs() + delayMs;
  if (deadline.timer && deadline.atMs <= askedMs) return;
  cancelDeadline(deadline);
  deadline.atMs = askedMs;
  deadline.timer = deadline.platform.after(delayMs, () => {
    deadline.timer = null;
    deadline.callback();
  });
};
