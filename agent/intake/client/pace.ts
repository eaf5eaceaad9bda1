import type { Time } from "../../time.ts";

/** Keeps what a connection carries to a number a second. */
export interface Pace {
  /** Milliseconds until one more may go; 0 for at once. */
  waitMs(): number;
  went(): void;
}

/** A second, and what the network may push together. */
const windowMs = 1_100;

/** No more than `perSecond` in any second: the last so many are remembered. */
export const createPace = (perSecond: number, time: Time): Pace => {
  const wentMs = new Float64Array(perSecond).fill(Number.NEGATIVE_INFINITY);
  let oldest = 0;
  return {
    waitMs: () => Math.max(0, (wentMs[oldest] as number) + windowMs - time.monotonicMs()),
    went() {
      wentMs[oldest] = time.monotonicMs();
      oldest = (oldest + 1) % perSecond;
    },
  };
};

/** No limit. */
export const unpaced: Pace = { waitMs: () => 0, went() {} };
