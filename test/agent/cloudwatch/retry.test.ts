import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { Verdict } from "../../../agent/cloudwatch/faults.ts";
import { createRetrier, createRetryBudget, retryDelayMs } from "../../../agent/cloudwatch/retry.ts";

const accepted: Verdict = { verdict: "accepted", reason: "" };
const again: Verdict = { verdict: "retry", reason: "" };
const throttled: Verdict = { verdict: "throttled", reason: "" };
const unknown: Verdict = { verdict: "unknown", reason: "" };
const denied: Verdict = { verdict: "denied", reason: "" };

const justBelowOne = 1 - Number.EPSILON;

/** A retrier whose tries come to `verdicts` in turn, and the waits between them. */
const startRetrier = (
  verdicts: Verdict[],
  { attempts = 10, budget = createRetryBudget(500) } = {},
) => {
  const waitsMs: number[] = [];
  const sleep = async (ms: number) => {
    waitsMs.push(ms);
  };
  const retry = createRetrier({ attempts, budget, sleep, random: () => justBelowOne });
  const attempt = vi.fn(async () => verdicts.shift() ?? accepted);
  return { waitsMs, attempt, run: () => retry(attempt, (verdict) => verdict) };
};

describe("retry delay", () => {
  it("doubles from 50 ms, and from 1 s where throttled, up to 20 s", () => {
    const most = (verdict: Verdict) =>
      [0, 1, 2, 5, 12].map((retry) => Math.round(retryDelayMs(verdict, retry, justBelowOne)));

    expect(most(again)).toEqual([50, 100, 200, 1_600, 20_000]);
    expect(most(throttled)).toEqual([1_000, 2_000, 4_000, 20_000, 20_000]);
  });

  it("is anything from nothing to that", () => {
    const anyRetry = fc.nat(2_000);
    const anyRandom = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(anyRetry, anyRandom, (retry, random) => {
        const delayMs = retryDelayMs(again, retry, random);

        expect(delayMs).toBe(random * Math.min(20_000, 50 * 2 ** retry));
      }),
    );
  });

  it("is at least what the server asks for", () => {
    const delayMs = retryDelayMs({ ...throttled, retryAfterMs: 7_000 }, 0, 0.5);

    expect(delayMs).toBe(7_000);
  });
});

describe("retrier", () => {
  it.each([again, throttled, unknown])("repeats what came to $verdict", async (verdict) => {
    const { attempt, run, waitsMs } = startRetrier([verdict, verdict]);

    const result = await run();

    expect(result).toBe(accepted);
    expect(attempt).toHaveBeenCalledTimes(3);
    expect(waitsMs).toHaveLength(2);
  });

  it("does not repeat what would come to the same", async () => {
    const { attempt, run } = startRetrier([denied]);

    const result = await run();

    expect(result).toBe(denied);
    expect(attempt).toHaveBeenCalledTimes(1);
  });

  it("gives the last result when its tries are used up", async () => {
    const { attempt, run, waitsMs } = startRetrier([again, again, throttled], { attempts: 3 });

    const result = await run();

    expect(result).toBe(throttled);
    expect(attempt).toHaveBeenCalledTimes(3);
    expect(waitsMs).toHaveLength(2);
  });

  it("stops repeating when the budget of all calls is used up", async () => {
    const budget = createRetryBudget(12);
    const failing = () => startRetrier([again, again, again], { budget });

    const first = failing();
    await first.run();
    const second = failing();
    await second.run();

    expect(first.attempt).toHaveBeenCalledTimes(3);
    expect(second.attempt).toHaveBeenCalledTimes(1);
  });
});

describe("retry budget", () => {
  it("gets back what a call had paid that was answered in the end", () => {
    const budget = createRetryBudget(10);
    budget.spend();
    budget.spend();

    budget.refund(2);

    expect([budget.spend(), budget.spend(), budget.spend()]).toEqual([true, true, false]);
  });

  it("grows by a little with each call that needed no retry, up to its capacity", () => {
    const budget = createRetryBudget(5);
    budget.spend();

    const isEnoughAfterFour = Array.from({ length: 4 }, () => budget.refund(0)) && budget.spend();
    budget.refund(0);
    const isEnoughAfterFive = budget.spend();
    for (let call = 0; call < 100; call += 1) budget.refund(0);

    expect([isEnoughAfterFour, isEnoughAfterFive]).toEqual([false, true]);
    expect([budget.spend(), budget.spend()]).toEqual([true, false]);
  });
});
