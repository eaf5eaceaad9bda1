import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type BootClock,
  type ClockState,
  clampStamp,
  createBootClock,
  type FrameTiming,
  type Stamp,
} from "../../agent/clock.ts";

const secondMs = 1_000;
const hourMs = 3_600 * secondMs;
const weekMs = 168 * hourMs;
const startEpochMs = 1_790_000_000_000;

/** How one frame and its ack fare. */
interface Trip {
  upMs: number;
  isLost: boolean;
  /** A second copy comes this much later; 0 for none. */
  copyMs: number;
  /** Between the frame's arrival and the ack's leaving. */
  storeMs: number;
  downMs: number;
  isAckLost: boolean;
}

type Happening =
  | { kind: "run"; ms: number; driftPpm: number }
  | { kind: "log" }
  | { kind: "send"; trip: Trip }
  | { kind: "sleep"; ms: number }
  | { kind: "setWallClock"; byMs: number }
  | { kind: "restartAgent"; wallClockByMs: number };

/** One stamp as it was given, and the true time by the wall clock before and after each setting. */
interface Stamped {
  stamp: Stamp;
  trueEpochMs: number[];
}

/** What happened on all three clocks: `nowMs` is the true time that nobody reads. */
interface Outcome {
  /** As they would be delivered: in seq order, clamped. */
  delivered: Stamped[];
  /** Asked for once everything has happened. */
  late: Stamped[];
}

interface Logged {
  uptimeMs: number;
  trueMs: number;
}

const simulate = (happenings: readonly Happening[]): Outcome => {
  let nowMs = 0;
  let uptimeMs = 0;
  let driftPpm = 0;
  let isAsleep = false;
  let lastAck = { id: 0, uptimeMs: 0, next: 0 };
  const logged: Logged[] = [];

  let processStartMs = 0;
  const wallClocks = [{ sinceMs: 0, offsetMs: startEpochMs }];
  const wallOffsetMs = (): number => (wallClocks.at(-1) as { offsetMs: number }).offsetMs;
  let saved: ClockState | undefined;
  let previousEpochMs = Number.NEGATIVE_INFINITY;
  const delivered: Stamped[] = [];
  let pending: { atMs: number; needsDevice: boolean; run: () => void }[] = [];

  const startClock = (): BootClock => {
    const startedMs = nowMs;
    processStartMs = startedMs;
    return createBootClock({
      ...(saved === undefined ? {} : { state: saved }),
      toEpochMs: (monotonicMs) => monotonicMs + startedMs + wallOffsetMs(),
    });
  };
  let clock = startClock();

  const stamped = (stamp: Stamp, event: Logged): Stamped => ({
    stamp,
    trueEpochMs: wallClocks
      .filter((_, index) => (wallClocks[index + 1]?.sinceMs ?? nowMs) >= event.trueMs)
      .map(({ offsetMs }) => event.trueMs + offsetMs),
  });

  const passUntil = (untilMs: number): void => {
    for (;;) {
      const due = pending
        .filter((one) => one.atMs <= untilMs && !(one.needsDevice && isAsleep))
        .sort((a, b) => a.atMs - b.atMs)[0];
      const atMs = Math.max(nowMs, due?.atMs ?? untilMs);
      if (!isAsleep) uptimeMs += (atMs - nowMs) * (1 + driftPpm / 1e6);
      nowMs = atMs;
      if (!due) return;
      pending = pending.filter((one) => one !== due);
      due.run();
    }
  };

  const receive = (timing: Omit<FrameTiming, "arrivalMs">, next: number, trip: Trip): void => {
    clock.observe({ ...timing, arrivalMs: nowMs - processStartMs });
    for (let seq = delivered.length; seq < next; seq += 1) {
      const event = logged[seq] as Logged;
      const stamp = clampStamp(previousEpochMs, clock.stamp(event.uptimeMs));
      previousEpochMs = stamp.epochMs;
      delivered.push(stamped(stamp, event));
    }
    if (clock.isSaveDue()) {
      saved = JSON.parse(JSON.stringify(clock.state())) as ClockState;
      clock.noteSaved(saved);
    }
    const answering = clock;
    const later = (atMs: number, needsDevice: boolean, run: () => void): void => {
      pending.push({ atMs, needsDevice, run });
    };
    later(nowMs + trip.storeMs, false, () => {
      if (answering !== clock) return;
      const id = clock.ackSent(nowMs - processStartMs);
      if (trip.isAckLost) return;
      later(nowMs + trip.downMs, true, () => {
        if (next < lastAck.next) return;
        lastAck = { id: id || lastAck.id, uptimeMs: id ? uptimeMs : lastAck.uptimeMs, next };
      });
    });
  };

  const send = (trip: Trip): void => {
    const next = logged.length;
    const timing = {
      sendUptimeMs: Math.floor(uptimeMs),
      ackId: lastAck.id,
      ackUptimeMs: Math.floor(lastAck.uptimeMs),
    };
    const copies = trip.copyMs > 0 ? [trip.upMs, trip.upMs + trip.copyMs] : [trip.upMs];
    if (trip.isLost) return;
    for (const upMs of copies) {
      const run = () => receive(timing, next, trip);
      pending.push({ atMs: nowMs + upMs, needsDevice: false, run });
    }
  };

  const setWallClock = (byMs: number): void => {
    if (byMs !== 0) wallClocks.push({ sinceMs: nowMs, offsetMs: wallOffsetMs() + byMs });
  };

  for (const happening of happenings) {
    if (happening.kind === "run") {
      driftPpm = happening.driftPpm;
      passUntil(nowMs + happening.ms);
    } else if (happening.kind === "log") {
      logged.push({ uptimeMs: Math.floor(uptimeMs), trueMs: nowMs });
    } else if (happening.kind === "send") {
      send(happening.trip);
    } else if (happening.kind === "sleep") {
      isAsleep = true;
      passUntil(nowMs + happening.ms);
      isAsleep = false;
    } else if (happening.kind === "setWallClock") {
      setWallClock(happening.byMs);
    } else {
      setWallClock(happening.wallClockByMs);
      clock = startClock();
    }
  }
  passUntil(nowMs + 60 * secondMs);
  const late = delivered.map((_, seq) => {
    const event = logged[seq] as Logged;
    return stamped(clock.stamp(event.uptimeMs), event);
  });
  return { delivered, late };
};

const anyDelay = (jitterMs: number): fc.Arbitrary<number> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.double({ min: 0, max: jitterMs, noNaN: true }) },
    { weight: 1, arbitrary: fc.constantFrom(0, 20 * secondMs) },
  );

const anyTrip: fc.Arbitrary<Trip> = fc.record({
  upMs: anyDelay(500),
  isLost: fc.nat(9).map((die) => die === 0),
  copyMs: fc.oneof(
    { weight: 5, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: anyDelay(300) },
  ),
  storeMs: fc.double({ min: 0, max: 20, noNaN: true }),
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
    ms: fc.double({ min: 0, max: mostMs, noNaN: true }),
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
    ms: fc.double({ min: 0, max: mostMs, noNaN: true }),
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

const isTrue = ({ stamp, trueEpochMs }: Stamped): boolean => {
  const { epochMs, errorMs, quality } = stamp;
  if (quality !== "synced" || errorMs === null) return quality === "estimated" && errorMs === null;
  return trueEpochMs.some((trueMs) => Math.abs(epochMs - trueMs) <= errorMs);
};

const holds = (kinds: fc.WeightedArbitrary<Happening>[]): void => {
  const anyHappenings = fc.array(fc.oneof(...ordinary, ...kinds), { maxLength: 120, size: "max" });
  fc.assert(
    fc.property(anyHappenings, (happenings) => {
      const { delivered, late } = simulate(happenings);
      const isOrdered = delivered.every(
        ({ stamp }, seq) => stamp.epochMs >= (delivered[seq - 1]?.stamp.epochMs ?? 0),
      );
      return isOrdered && delivered.every(isTrue) && late.every(isTrue);
    }),
    { numRuns: 400 },
  );
};

describe("boot clock's bounds hold, and its clamped stamps never run backwards", () => {
  it("through random and asymmetric delays, frames held 20 s, copies, losses and drift", () => {
    holds([]);
  });

  it("through outages of a week", () => {
    holds([outage]);
  });

  it("through sleep that the device does not count", () => {
    holds([shortSleep, longSleep]);
  });

  it("through settings of the agent's wall clock by an hour", () => {
    holds([step, outage, shortSleep]);
  });

  it("through restarts of the agent", () => {
    holds([restart, outage, shortSleep, longSleep]);
  });

  it("through restarts while the wall clock is set by an hour", () => {
    holds([restartAndStep, restart, step, outage, shortSleep]);
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
