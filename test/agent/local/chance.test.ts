import { describe, expect, it } from "vitest";
import { createDelays } from "../../../agent/local/chance.ts";

const draw = (seed: number, mostMs: number): number[] => {
  const next = createDelays(seed, mostMs);
  return Array.from({ length: 2_000 }, next);
};

describe("delays", () => {
  it("are the same for the same seed", () => {
    expect(draw(3, 60_000)).toEqual(draw(3, 60_000));
    expect(draw(3, 60_000)).not.toEqual(draw(4, 60_000));
  });

  it("are spread over all there may be", () => {
    const drawn = draw(1, 60_000);

    expect(Math.min(...drawn)).toBeLessThan(1_000);
    expect(Math.max(...drawn)).toBeGreaterThan(59_000);
    expect(drawn.reduce((sum, ms) => sum + ms, 0) / drawn.length / 30_000).toBeCloseTo(1, 1);
  });

  it("are none where there may be none", () => {
    expect(new Set(draw(1, 0))).toEqual(new Set([0]));
  });
});
