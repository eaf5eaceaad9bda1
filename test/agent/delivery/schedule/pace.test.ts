import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPace } from "../../../../agent/delivery/schedule/pace.ts";
import { fakeTime } from "../../../support/fake-time.ts";

const paceOf = (callsPerSecond: number) => {
  const time = fakeTime();
  return { time, pace: createPace({ callsPerSecond, time }) };
};

describe("pace", () => {
  it("gives the first turn at once and the next ones a second's share apart", () => {
    const { pace } = paceOf(10);

    const waits = [pace.reserve(), pace.reserve(), pace.reserve()];

    expect(waits).toEqual([0, 100, 200]);
  });

  it("gives no more turns in any second than the rate and a burst of 50 ms", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5_000 }),
        fc.array(fc.nat({ max: 400 }), { minLength: 1, maxLength: 300 }),
        (callsPerSecond, pauses) => {
          const { time, pace } = paceOf(callsPerSecond);
          const turns = pauses.map((pauseMs) => {
            time.advance(pauseMs);
            return time.monotonicMs() + pace.reserve();
          });

          const most = callsPerSecond * 1.05 + 1;
          for (const startMs of turns) {
            const inSecond = turns.filter((ms) => ms >= startMs && ms < startMs + 1_000);
            expect(inSecond.length).toBeLessThanOrEqual(Math.ceil(most));
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it("halves once for a burst of refusals", () => {
    const { time, pace } = paceOf(1_000);

    for (let refusals = 0; refusals < 50; refusals++) pace.throttled();
    const afterBurst = pace.perSecond();
    time.advance(1_000);
    pace.throttled();

    expect(afterBurst).toBe(500);
    expect(pace.perSecond()).toBe(275);
  });

  it("gives back a twentieth of the full rate each second, and no more than that rate", () => {
    const { time, pace } = paceOf(1_000);

    pace.throttled();
    time.advance(2_000);
    const after2s = pace.perSecond();
    time.advance(60_000);

    expect(after2s).toBe(600);
    expect(pace.perSecond()).toBe(1_000);
  });

  it("never falls below one call a second", () => {
    const { time, pace } = paceOf(4);

    for (let seconds = 0; seconds < 10; seconds++) {
      pace.throttled();
      time.advance(1_000);
      pace.throttled();
    }

    expect(pace.perSecond()).toBeGreaterThanOrEqual(1);
  });
});
