import { describe, expect, it } from "vitest";
import { firstWaitMs, nextWaitMs } from "../../device/backoff.ts";

const waitsOf = (seed: number, count: number): number[] => {
  const backoff = { ceilingMs: firstWaitMs, seed };
  return Array.from({ length: count }, () => nextWaitMs(backoff));
};

describe("backoff", () => {
  it("waits anywhere below a ceiling that doubles up to the limit", () => {
    const seeds = Array.from({ length: 500 }, (_, device) => (device * 2_654_435_761) % 2 ** 32);
    const ceilings = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000];

    const all = seeds.map((seed) => waitsOf(seed, 12));

    for (let attempt = 0; attempt < 12; attempt++) {
      const ceilingMs = ceilings[attempt] ?? 300_000;
      const waits = all.map((row) => row[attempt] ?? -1);
      expect(Math.min(...waits)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...waits)).toBeLessThan(ceilingMs);
      const meanMs = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
      expect(meanMs / ceilingMs).toBeGreaterThan(0.4);
      expect(meanMs / ceilingMs).toBeLessThan(0.6);
    }
  });

  it("gives two devices different waits, and the same device the same", () => {
    expect(waitsOf(1, 6)).not.toEqual(waitsOf(2, 6));
    expect(waitsOf(7, 6)).toEqual(waitsOf(7, 6));
  });

  it("starts again from the first ceiling after a success", () => {
    const backoff = { ceilingMs: firstWaitMs, seed: 5 };
    for (let attempt = 0; attempt < 10; attempt++) nextWaitMs(backoff);

    backoff.ceilingMs = firstWaitMs;

    expect(nextWaitMs(backoff)).toBeLessThan(1_000);
  });
});
