/** Both clocks of the host, and its timers. Given as an argument, so that tests can own time. */
export interface Time {
  /** Wall clock, epoch ms; may step. */
  epochMs(): number;
  /** Never steps; its zero means nothing. */
  monotonicMs(): number;
  /** Calls `run` once after `delayMs`; the returned function prevents it. */
  after(delayMs: number, run: () => void): () => void;
}

export const sleep = (time: Time, delayMs: number): Promise<void> =>
  new Promise((resolve) => {
    time.after(delayMs, resolve);
  });

export const systemTime: Time = {
  epochMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

/** A change of the wall clock beyond this is a step; below it is the drift that NTP corrects. */
const stepMs = 50;

/**
 * The host's wall clock on its monotonic axis: the offset between the two stays as it is until the
 * wall clock has moved by 50 ms against it.
 */
export const createWallClock = (time: Time): ((monotonicMs: number) => number) => {
  let offsetMs = time.epochMs() - time.monotonicMs();
  return (monotonicMs) => {
    const nowOffsetMs = time.epochMs() - time.monotonicMs();
    if (Math.abs(nowOffsetMs - offsetMs) > stepMs) offsetMs = nowOffsetMs;
    return monotonicMs + offsetMs;
  };
};
