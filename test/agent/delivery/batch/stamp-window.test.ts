import { describe, expect, it } from "vitest";
import { createStampWindow, nearestIn } from "../../../../agent/delivery/batch/stamp-window.ts";

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const nowMs = 1_000 * dayMs;

describe("stamp window", () => {
  it("leaves stamps that CloudWatch takes as they are", () => {
    const range = createStampWindow(() => nowMs).range("g");
    const stamps = [nowMs - 14 * dayMs + 60_000, nowMs, nowMs + 2 * hourMs - 60_000];

    expect(stamps.map((stampMs) => nearestIn(range, stampMs))).toEqual(stamps);
  });

  it("raises what is older than 14 days to just within them", () => {
    const range = createStampWindow(() => nowMs).range("g");

    const nearestMs = nearestIn(range, nowMs - 15 * dayMs);

    expect(nearestMs).toBeGreaterThan(nowMs - 14 * dayMs);
    expect(nearestMs).toBeLessThan(nowMs - 14 * dayMs + 60_000);
  });

  it("lowers what is more than 2 h ahead to now", () => {
    const range = createStampWindow(() => nowMs).range("g");

    expect(nearestIn(range, nowMs + 2 * hourMs + 1)).toBe(nowMs);
  });

  it.each([
    [3, 3 * dayMs + hourMs],
    [7, 8 * dayMs],
    [1, dayMs + 1],
  ])("learns a retention of %i days from what had expired", (days, ageMs) => {
    const window = createStampWindow(() => nowMs);

    window.learnExpired("g", nowMs - ageMs);
    const nearestMs = nearestIn(window.range("g"), 0);

    expect(nearestMs).toBeGreaterThan(nowMs - days * dayMs);
    expect(nearestMs).toBeLessThan(nowMs - days * dayMs + 60_000);
    expect(nearestIn(window.range("other"), 0)).toBeLessThan(nowMs - 13 * dayMs);
  });

  it("believes what it learnt for an hour", () => {
    let now = nowMs;
    const window = createStampWindow(() => now);

    window.learnExpired("g", nowMs - 2 * dayMs);
    now += hourMs;

    expect(nearestIn(window.range("g"), 0)).toBeLessThan(now - 13 * dayMs);
  });
});
