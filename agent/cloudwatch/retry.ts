import type { Verdict } from "./faults.ts";

/** Waits for `ms`. */
export type Sleep = (ms: number) => Promise<void>;

const baseMs = 50;
const throttledBaseMs = 1_000;
const capMs = 20_000;

/**
 * Full jitter: anything from 0 to 50 ms doubled with each retry, from 1 s where throttled, at most
 * 20 s. `retry` counts from 0, `random` is in [0, 1). A wait the server asks for is kept at least.
 */
export const retryDelayMs = (verdict: Verdict, retry: number, random: number): number => {
  const base = verdict.verdict === "throttled" ? throttledBaseMs : baseMs;
  const jittered = random * Math.min(capMs, base * 2 ** retry);
  return "retryAfterMs" in verdict ? Math.max(jittered, verdict.retryAfterMs ?? 0) : jittered;
};

/**
 * How many retries all calls of a client may make together. When most calls fail, retries stop
 * adding to the load, and come back as calls succeed.
 */
export interface RetryBudget {
  /** Pays for a retry; false where there is not enough left. */
  spend(): boolean;
  /** A call was answered: `retries` it had paid for come back, or a little if it needed none. */
  refund(retries: number): void;
}

/** Numbers of AWS's standard retry mode. */
const retryCost = 5;
const successGain = 1;

export const createRetryBudget = (capacity: number): RetryBudget => {
  let left = capacity;
  return {
    spend: () => {
      if (left < retryCost) return false;
      left -= retryCost;
      return true;
    },
    refund: (retries) => {
      left = Math.min(capacity, left + (retries === 0 ? successGain : retries * retryCost));
    },
  };
};

/** Settings of `createRetrier`. */
export interface RetrierOptions {
  /** Most tries of one call, the first included. */
  attempts: number;
  budget: RetryBudget;
  sleep: Sleep;
  /** In [0, 1). */
  random: () => number;
}

/** What may change when tried again. `unknown` is among them: a repeat may double events. */
const isWorthRetrying = ({ verdict }: Verdict): boolean =>
  verdict === "retry" || verdict === "throttled" || verdict === "unknown";

/** Repeats `attempt` as AWS's SDKs do, and gives its last result. */
export const createRetrier = (options: RetrierOptions) => {
  const { attempts, budget, sleep, random } = options;
  return async <Result>(
    attempt: () => Promise<Result>,
    judge: (result: Result) => Verdict,
  ): Promise<Result> => {
    for (let retry = 0; ; retry += 1) {
      const result = await attempt();
      const verdict = judge(result);
      if (!isWorthRetrying(verdict)) {
        budget.refund(retry);
        return result;
      }
      if (retry + 1 >= attempts || !budget.spend()) return result;
      await sleep(retryDelayMs(verdict, retry, random()));
    }
  };
};
