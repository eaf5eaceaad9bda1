import { sleep, type Time } from "../time.ts";

/** How many calls may begin in a second: falls when throttled, recovers slowly. */
export interface Pace {
  /** Resolves when the next call may begin. Those who wait are served in order. */
  turn(): Promise<void>;
  /** The service refused a call as one too many. */
  throttled(): void;
  /** Calls a second that may begin now. */
  perSecond(): number;
}

export interface PaceOptions {
  /** Calls a second when nothing is throttled. */
  callsPerSecond: number;
  time: Time;
}

/** The rate never falls below this: a stream that waits is tried at least once a second. */
const leastPerSecond = 1;

/** The rate is halved at most once in this time: one burst of refusals counts once. */
const halvingPauseMs = 1_000;

/** Each second without a refusal gives back this share of the full rate. */
const recoveryShare = 0.05;

/** Calls that may begin at once after a pause. */
const burstMs = 50;

export const createPace = ({ callsPerSecond, time }: PaceOptions): Pace => {
  let perSecond = callsPerSecond;
  let changedMs = time.monotonicMs();
  let halvedMs = Number.NEGATIVE_INFINITY;
  let nextMs = time.monotonicMs();

  const recover = (): void => {
    const nowMs = time.monotonicMs();
    const gained = ((nowMs - changedMs) / 1_000) * recoveryShare * callsPerSecond;
    perSecond = Math.min(callsPerSecond, perSecond + gained);
    changedMs = nowMs;
  };
  return {
    async turn() {
      recover();
      const nowMs = time.monotonicMs();
      nextMs = Math.max(nextMs, nowMs - burstMs) + 1_000 / perSecond;
      if (nextMs > nowMs) await sleep(time, nextMs - nowMs);
    },
    throttled() {
      recover();
      const nowMs = time.monotonicMs();
      if (nowMs - halvedMs < halvingPauseMs) return;
      halvedMs = nowMs;
      perSecond = Math.max(leastPerSecond, perSecond / 2);
    },
    perSecond: () => perSecond,
  };
};
