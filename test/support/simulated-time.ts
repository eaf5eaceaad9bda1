import type { Time } from "../../agent/time.ts";

/** Time that passes as fast as the machine can follow: for a great many timers. */
export interface SimulatedTime extends Time {
  /** Passes `forMs`: calls what is due, in order, and lets promises settle after each. */
  run(forMs: number): Promise<void>;
}

interface Timer {
  dueMs: number;
  /** Null once it is cancelled. */
  run: (() => void) | null;
}

/** Promises that follow each other between two timers. */
const settleTicks = 12;

/** Timers are in a binary heap, the first due at its top. */
export const simulatedTime = (startEpochMs: number = Date.UTC(2026, 0, 1)): SimulatedTime => {
  const heap: Timer[] = [];
  let nowMs = 0;

  const at = (index: number): Timer => heap[index] as Timer;
  const swap = (left: number, right: number): void => {
    const timer = at(left);
    heap[left] = at(right);
    heap[right] = timer;
  };
  const push = (timer: Timer): void => {
    heap.push(timer);
    for (let index = heap.length - 1; index > 0; ) {
      const parent = (index - 1) >> 1;
      if (at(parent).dueMs <= at(index).dueMs) return;
      swap(parent, index);
      index = parent;
    }
  };
  const pop = (): Timer => {
    const top = at(0);
    const last = heap.pop() as Timer;
    if (heap.length === 0) return top;
    heap[0] = last;
    for (let index = 0; ; ) {
      let least = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < heap.length && at(child).dueMs < at(least).dueMs) least = child;
      }
      if (least === index) return top;
      swap(least, index);
      index = least;
    }
  };
  const settle = async (): Promise<void> => {
    for (let tick = 0; tick < settleTicks; tick++) await null;
  };
  return {
    epochMs: () => startEpochMs + nowMs,
    monotonicMs: () => nowMs,
    after(delayMs, run) {
      const timer: Timer = { dueMs: nowMs + Math.max(0, delayMs), run };
      push(timer);
      return () => {
        timer.run = null;
      };
    },
    async run(forMs) {
      const untilMs = nowMs + forMs;
      await settle();
      while ((heap[0]?.dueMs ?? Number.POSITIVE_INFINITY) <= untilMs) {
        const timer = pop();
        if (timer.run === null) continue;
        nowMs = timer.dueMs;
        timer.run();
        await settle();
      }
      nowMs = untilMs;
    },
  };
};
