import { readFileSync } from "node:fs";

/** Both clocks of the host, and its timers. Given as an argument, so that tests can own time. */
export interface Time {
  /** Wall clock, epoch ms; may step. */
  epochMs(): number;
  /** Never steps; its zero means nothing. */
  monotonicMs(): number;
  /**
   * Names the time since the machine started, in which `monotonicMs` goes on from one process to the next;
   * absent where the machine does not tell.
   */
  readonly machineBoot?: string | undefined;
  /** Calls `run` once after `delayMs`; the returned function prevents it. */
  after(delayMs: number, run: () => void): () => void;
}

export const sleep = (time: Time, delayMs: number): Promise<void> =>
  new Promise((resolve) => {
    time.after(delayMs, resolve);
  });

/** What the machine's monotonic clock had counted as this process began. */
const processStartMs: number = Number(process.hrtime.bigint() / 1_000n) / 1_000 - performance.now();

/** As Linux tells it. */
const machineBoot = (): string | undefined => {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").slice(0, 8);
  } catch {
    return undefined;
  }
};

export const systemTime: Time = {
  epochMs: () => Date.now(),
  monotonicMs: () => processStartMs + performance.now(),
  machineBoot: machineBoot(),
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
