import type { Time } from "../../agent/time.ts";

/** The machine's time from now on, `factor` times as fast, so that pauses pass quickly. */
export const hastyTime = (factor: number): Time => {
  const startEpochMs = Date.now();
  const startMs = performance.now();
  const elapsedMs = (): number => (performance.now() - startMs) * factor;
  return {
    epochMs: () => startEpochMs + elapsedMs(),
    monotonicMs: elapsedMs,
    after(delayMs, run) {
      const timer = setTimeout(run, delayMs / factor);
      return () => clearTimeout(timer);
    },
  };
};
