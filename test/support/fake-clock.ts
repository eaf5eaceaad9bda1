import type { Platform } from "../../device/platform.ts";

/** A platform whose time stands still until a test moves it. */
export interface FakeClock extends Platform {
  /** Lets time pass; timers fire in order, each at its time. */
  advance(ms: number): void;
  /** Timers that have not fired. */
  timers(): number;
}

interface PendingTimer {
  id: number;
  atMs: number;
  callback: () => void;
}

export const fakeClock = (options: { nonce?: number } = {}): FakeClock => {
  let nowMs = 0;
  let lastId = 0;
  let pending: PendingTimer[] = [];

  const nextBefore = (limitMs: number): PendingTimer | undefined =>
    pending
      .filter((timer) => timer.atMs <= limitMs)
      .sort((left, right) => left.atMs - right.atMs || left.id - right.id)[0];
  return {
    uptimeMs: () => nowMs,
    after(delayMs, callback) {
      pending.push({ id: ++lastId, atMs: nowMs + Math.max(0, delayMs), callback });
      return lastId;
    },
    cancel(timer) {
      pending = pending.filter((other) => other.id !== timer);
    },
    entropy: () => options.nonce ?? 0x1234abcd,
    timers: () => pending.length,
    advance(ms) {
      const limitMs = nowMs + ms;
      for (let timer = nextBefore(limitMs); timer; timer = nextBefore(limitMs)) {
        const due = timer;
        pending = pending.filter((other) => other !== due);
        nowMs = due.atMs;
        due.callback();
      }
      nowMs = limitMs;
    },
  };
};
