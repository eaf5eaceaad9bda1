import type { Time } from "../../time.ts";

/** How many calls may begin in a second: halves when throttled, recovers slowly. */
export interface Pace {
  /** Takes the next turn: ms until it comes, 0 for now. Turns are in the order they were taken. */
  reserve(): number;
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

/** The rate never falls below this. */
const leastPerSecond = 1;

/** The rate is halved at most once in this time: one burst of refusals counts once. */
const halvingPauseMs = 1_000;

/** Each second without a refusal gives back this share of the full rate. */
const recoveryShare = 0.05;

/** Turns not taken for this long may be taken at once. */
const burstMs = 50;

/** Additive increase, multiplicative decrease. */
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
    reserve() {
      recover();
      const nowMs = time.monotonicMs();
      const turnMs = Math.max(nextMs, nowMs - burstMs);
      nextMs = turnMs + 1_000 / perSecond;
      return Math.max(0, turnMs - nowMs);
    },
    throttled() {
      recover();
      const nowMs = time.monotonicMs();
      if (nowMs - halvedMs < halvingPauseMs) return;
      halvedMs = nowMs;
      perSecond = Math.max(leastPerSecond, perSecond / 2);
    },
    perSecond() {
      recover();
      return perSecond;
    },
  };
};
