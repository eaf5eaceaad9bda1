import { describe, expect, it } from "vitest";
import { createBackoff } from "../../../../agent/intake/client/backoff.ts";

const waits = (random: () => number, count: number): number[] => {
  const backoff = createBackoff({ firstWaitMs: 2_000, random });
  return Array.from({ length: count }, () => backoff.nextMs());
};

describe("backoff of an agent", () => {
  it("doubles its waits up to half a minute", () => {
    expect(waits(() => 1, 7)).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it("never waits less than half of that", () => {
    expect(waits(() => 0, 6)).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  });

  it("begins anew when the failures are forgotten", () => {
    const backoff = createBackoff({ firstWaitMs: 2_000, random: () => 1 });
    backoff.nextMs();
    backoff.nextMs();

    backoff.forget();

    expect(backoff.nextMs()).toBe(2_000);
  });
});
