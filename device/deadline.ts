import type { Platform, Timer } from "./platform.ts";

/** One timer that several parties may ask to be earlier. */
export interface Deadline {
  /** Calls back after `delayMs`, or earlier where that was asked for already. */
  within(delayMs: number): void;
  cancel(): void;
}

export const createDeadline = (platform: Platform, callback: () => void): Deadline => {
  let timer: Timer = null;
  let atMs = 0;

  const cancel = (): void => {
    if (timer) platform.cancel(timer);
    timer = null;
  };
  return {
    cancel,
    within(delayMs) {
      const askedMs = platform.uptimeMs() + delayMs;
      if (timer && atMs <= askedMs) return;
      cancel();
      atMs = askedMs;
      timer = platform.after(delayMs, () => {
        timer = null;
        callback();
      });
    },
  };
};
