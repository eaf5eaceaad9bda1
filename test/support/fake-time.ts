import type { Time } from "../../agent/time.ts";

/** Both clocks at zero, and a wall clock that says 2026; they move only when told to. */
export interface FakeTime extends Time {
  /** Moves both clocks, and calls what is due on the way, in order. */
  advance(byMs: number): void;
  /** Sets the wall clock ahead, or back. */
  step(byMs: number): void;
}

const startEpochMs = Date.UTC(2026, 0, 1);

interface Timer {
  dueMs: number;
  run(): void;
}

export const fakeTime = (): FakeTime => {
  const timers = new Set<Timer>();
  let nowMs = 0;
  let offsetMs = startEpochMs;

  const nextBy = (limitMs: number): Timer | undefined =>
    [...timers]
      .filter(({ dueMs }) => dueMs <= limitMs)
      .sort((left, right) => left.dueMs - right.dueMs)[0];

  return {
    epochMs: () => nowMs + offsetMs,
    monotonicMs: () => nowMs,
    after(delayMs, run) {
      const timer = { dueMs: nowMs + delayMs, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(byMs) {
      const untilMs = nowMs + byMs;
      for (let timer = nextBy(untilMs); timer !== undefined; timer = nextBy(untilMs)) {
        timers.delete(timer);
        nowMs = timer.dueMs;
        timer.run();
      }
      nowMs = untilMs;
    },
    step(byMs) {
      offsetMs += byMs;
    },
  };
};
