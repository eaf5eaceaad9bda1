import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBootClock } from "../../agent/clock.ts";
import {
  type Happening,
  nothingSeen,
  runClockWorld,
  type Seen,
  type Stamped,
  type Trip,
} from "../support/clock-world.ts";

const secondMs = 1_000;
const hourMs = 3_600 * secondMs;
const weekMs = 168 * hourMs;
const startEpochMs = 1_790_000_000_000;

/** All of the range alike often, its ends besides; `fc.double` would give tiny numbers alone. */
const upTo = (most: number): fc.Arbitrary<number> =>
  fc.nat(1_000_000).map((part) => (part / 1_000_000) * most);

const anyDelay = (jitterMs: number): fc.Arbitrary<number> =>
  fc.oneof(
    { weight: 6, arbitrary: upTo(jitterMs) },
    { weight: 1, arbitrary: fc.constantFrom(0, 20 * secondMs) },
  );

const anyTrip: fc.Arbitrary<Trip> = fc.record({
  upMs: anyDelay(500),
  isLost: fc.nat(9).map((die) => die === 0),
  copyMs: fc.oneof(
    { weight: 5, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: anyDelay(300) },
  ),
  storeMs: upTo(20),
  downMs: anyDelay(80),
  isAckLost: fc.nat(9).map((die) => die === 0),
});

const anyDriftPpm = fc.oneof(
  fc.constantFrom(-200, 200),
  fc.double({ min: -200, max: 200, noNaN: true }),
);

const anyRun = (mostMs: number): fc.Arbitrary<Happening> =>
  fc.record({
    kind: fc.constant("run" as const),
    ms: upTo(mostMs),
    driftPpm: anyDriftPpm,
  });

const ordinary: fc.WeightedArbitrary<Happening>[] = [
  { weight: 6, arbitrary: anyRun(200) },
  { weight: 6, arbitrary: anyRun(30 * secondMs) },
  { weight: 8, arbitrary: fc.constant({ kind: "log" as const }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("send" as const), trip: anyTrip }) },
];

const anySleep = (mostMs: number): fc.Arbitrary<Happening> =>
  fc.record({
    kind: fc.constant("sleep" as const),
    ms: upTo(mostMs),
  });

const anyStep = fc.constantFrom(-hourMs, hourMs);

const outage: fc.WeightedArbitrary<Happening> = { weight: 1, arbitrary: anyRun(weekMs) };
const shortSleep: fc.WeightedArbitrary<Happening> = { weight: 2, arbitrary: anySleep(secondMs) };
const longSleep: fc.WeightedArbitrary<Happening> = { weight: 1, arbitrary: anySleep(weekMs) };
const step: fc.WeightedArbitrary<Happening> = {
  weight: 1,
  arbitrary: fc.record({ kind: fc.constant("setWallClock" as const), byMs: anyStep }),
};
const restart: fc.WeightedArbitrary<Happening> = {
  weight: 1,
  arbitrary: fc.constant({ kind: "restartAgent" as const, wallClockByMs: 0 }),
};
const restartAndStep: fc.WeightedArbitrary<Happening> = {
  weight: 1,
  arbitrary: fc.record({ kind: fc.constant("restartAgent" as const), wallClockByMs: anyStep }),
};

const cut: fc.WeightedArbitrary<Happening> = {
  weight: 1,
  arbitrary: fc.constant({ kind: "cutPower" as const }),
};

const isTrue = ({ stamp, trueEpochMs }: Stamped): boolean => {
  const { epochMs, errorMs, quality } = stamp;
  if (quality !== "synced" || errorMs === null) return quality !== "synced" && errorMs === null;
  return trueEpochMs.some((trueMs) => Math.abs(epochMs - trueMs) <= errorMs);
};

const always = ["copies", "losses", "heldFrames", "heldAcks", "clamped", "synced", "estimated"];

/** `happens`: what each run of the property must have seen often, so that it says something of it. */
const holds = (happens: (keyof Seen)[], kinds: fc.WeightedArbitrary<Happening>[]): void => {
  const anyHappenings = fc.array(fc.oneof(...ordinary, ...kinds), { maxLength: 120, size: "max" });
  const seen = nothingSeen();
  fc.assert(
    fc.property(anyHappenings, (happenings) => {
      const { delivered, late, refuted, seen: now } = runClockWorld(happenings);
      for (const kind of Object.keys(seen) as (keyof Seen)[]) seen[kind] += now[kind];
      const isOrdered = delivered.every(
        ({ stamp }, seq) => stamp.epochMs >= (delivered[seq - 1]?.stamp.epochMs ?? 0),
      );
      return isOrdered && refuted === 0 && delivered.every(isTrue) && late.every(isTrue);
    }),
    { numRuns: Number(process.env.RUNS ?? 400) },
  );
  const rare = [...always, ...happens].filter((kind) => seen[kind as keyof Seen] < 40);
  expect(rare).toEqual([]);
};

describe("boot clock's bounds hold, and its clamped stamps never run backwards", () => {
  it("through random and asymmetric delays, frames held 20 s, copies, losses and drift", () => {
    holds([], []);
  });

  it("through outages of a week", () => {
    holds(["longOutages"], [outage]);
  });

  it("through sleep that the device does not count", () => {
    holds(["sleeps", "segments"], [shortSleep, longSleep]);
  });

  it("through settings of the agent's wall clock by an hour, with frames and acks under way", () => {
    holds(["steps", "stepsUnderWay", "segments"], [step, outage, shortSleep]);
  });

  it("through restarts of the agent", () => {
    holds(["restarts", "sleeps", "longOutages"], [restart, outage, shortSleep, longSleep]);
  });

  it("through restarts while the wall clock is set by an hour", () => {
    holds(["restarts", "steps", "segments"], [restartAndStep, restart, step, outage, shortSleep]);
  });

  it("through cuts of power, after which later boots send what is left", () => {
    holds(
      ["replays", "placed", "sleeps", "longOutages", "steps", "restarts"],
      [cut, restartAndStep, restart, step, outage, shortSleep],
    );
  });
});

describe("boot clock of a device that claims anything", () => {
  it("stamps whole milliseconds and stays bounded", () => {
    const anyMs = fc.oneof(fc.nat(5_000), fc.maxSafeNat());
    const anyClaim = fc.record({
      passMs: fc.nat(5_000),
      sendUptimeMs: anyMs,
      ackUptimeMs: anyMs,
      ackId: fc.oneof(fc.nat(60), fc.maxSafeNat()),
    });
    fc.assert(
      fc.property(fc.array(anyClaim, { maxLength: 60, size: "max" }), anyMs, (claims, uptimeMs) => {
        let nowMs = 0;
        const clock = createBootClock({ toEpochMs: (monotonicMs) => monotonicMs + startEpochMs });
        for (const { passMs, ...claim } of claims) {
          nowMs += passMs;
          clock.observe({ ...claim, arrivalMs: nowMs });
          clock.noteSaved(clock.state());
          clock.ackSent(nowMs);

          const { epochMs, errorMs } = clock.stamp(uptimeMs);

          expect(Number.isInteger(epochMs)).toBe(true);
          expect(errorMs === null || (Number.isInteger(errorMs) && errorMs >= 0)).toBe(true);
        }
        expect(JSON.stringify(clock.state()).length).toBeLessThan(8_000);
      }),
      { numRuns: 400 },
    );
  });
});
