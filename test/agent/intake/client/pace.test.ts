import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPace } from "../../../../agent/intake/client/pace.ts";
import { fakeTime } from "../../../support/fake-time.ts";

const mostInASecond = (atMs: number[]): number =>
  Math.max(0, ...atMs.map((from) => atMs.filter((at) => at >= from && at < from + 1_000).length));

describe("pace", () => {
  it("lets a number go at once, and says how long until the next", () => {
    const time = fakeTime();
    const pace = createPace(3, time);
    const waits = [0, 1, 2, 3].map(() => {
      const waitMs = pace.waitMs();
      if (waitMs === 0) pace.went();
      return waitMs;
    });

    time.advance(waits[3] ?? 0);

    expect(waits).toEqual([0, 0, 0, 1_100]);
    expect(pace.waitMs()).toBe(0);
  });

  it("never lets more than its number go in a second, and no fewer than it may", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 100 }),
        (perSecond, pausesMs) => {
          const time = fakeTime();
          const pace = createPace(perSecond, time);
          const atMs: number[] = [];
          for (const pauseMs of pausesMs) {
            time.advance(Math.max(pauseMs, pace.waitMs()));
            pace.went();
            atMs.push(time.monotonicMs());
          }

          expect(mostInASecond(atMs)).toBeLessThanOrEqual(perSecond);
          expect(atMs.at(-1) ?? 0).toBeLessThanOrEqual(
            pausesMs.reduce((sum, each) => sum + each, 0) + (1_100 * pausesMs.length) / perSecond,
          );
        },
      ),
    );
  });
});
