import { describe, expect, it } from "vitest";
import {
  type BootClock,
  type ClockState,
  clampStamp,
  createBootClock,
  type Stamp,
} from "../../agent/clock.ts";

const secondMs = 1_000;
const hourMs = 3_600 * secondMs;
const dayMs = 24 * hourMs;

/** The device booted at monotonic 0 and counts exactly, unless a test says otherwise. */
const epochMs = 1_790_000_000_000;

interface FakeHost {
  offsetMs: number;
  machineBoot?: string;
}

const clockOn = (host: FakeHost, state?: ClockState): BootClock =>
  createBootClock({
    ...(state === undefined ? {} : { state }),
    machineBoot: host.machineBoot,
    toEpochMs: (monotonicMs) => monotonicMs + host.offsetMs,
  });

const save = (clock: BootClock): ClockState => {
  const state = JSON.parse(JSON.stringify(clock.state())) as ClockState;
  clock.noteSaved(state);
  return state;
};

/** A frame that returns no ack. */
const observe = (clock: BootClock, sendUptimeMs: number, arrivalMs: number): void =>
  clock.observe({ arrivalMs, sendUptimeMs, ackId: 0, ackUptimeMs: sendUptimeMs });

interface RoundTrip {
  /** Of the ack, by the agent. */
  sentMs: number;
  ackUptimeMs: number;
  /** Of the frame that returns it. */
  sendUptimeMs: number;
  arrivalMs: number;
}

const goRound = (clock: BootClock, { sentMs, ...timing }: RoundTrip): void => {
  save(clock);
  clock.observe({ ...timing, ackId: clock.ackSent(sentMs) });
};

/** A clock that knows uptime 1,000 as at least 990 and uptime 2,000 as at most 2,030. */
const knowingClock = (host: FakeHost = { offsetMs: epochMs }): BootClock => {
  const clock = clockOn(host);
  observe(clock, 900, 950);
  goRound(clock, { sentMs: 990, ackUptimeMs: 1_000, sendUptimeMs: 2_000, arrivalMs: 2_030 });
  return clock;
};

const includes = ({ epochMs: stampMs, errorMs }: Stamp, trueMs: number): boolean =>
  errorMs !== null && Math.abs(stampMs - trueMs) <= errorMs;

describe("boot clock", () => {
  it("estimates by the least delay, without a bound, before the first round trip", () => {
    const clock = clockOn({ offsetMs: epochMs });

    observe(clock, 1_000, 1_300);
    observe(clock, 2_000, 2_040);
    observe(clock, 3_000, 3_700);

    expect(clock.stamp(2_500)).toEqual({
      epochMs: epochMs + 2_540,
      errorMs: null,
      quality: "estimated",
    });
  });

  it("bounds a stamp from both sides once a frame returns an ack", () => {
    const stamp = knowingClock().stamp(1_500);

    expect(stamp).toEqual({ epochMs: epochMs + 1_510, errorMs: 22, quality: "synced" });
  });

  it("claims no bound for events from before the first ack", () => {
    expect(knowingClock().stamp(500).quality).toBe("estimated");
  });

  it("claims no bound once several boots tell their time by it, not when saved either", () => {
    const clock = knowingClock();

    clock.share();

    const clocks = [clock, clockOn({ offsetMs: epochMs }, save(clock))];
    for (const shared of clocks) expect(shared.stamp(1_500).quality).toBe("estimated");
  });

  it("claims no bound for events later than the last frame", () => {
    expect(knowingClock().stamp(2_001).quality).toBe("estimated");
  });

  it("bounds an event of the very uptime of its frame by that frame", () => {
    expect(knowingClock().stamp(2_000).quality).toBe("synced");
  });

  it("stamps whole milliseconds from fractions and rounds the bound outward", () => {
    const clock = clockOn({ offsetMs: epochMs + 0.25 });

    goRound(clock, { sentMs: 0.3, ackUptimeMs: 1, sendUptimeMs: 2, arrivalMs: 2.9 });
    const { epochMs: stampMs, errorMs } = clock.stamp(2);

    expect([Number.isInteger(stampMs), Number.isInteger(errorMs)]).toEqual([true, true]);
    expect(stampMs + (errorMs ?? 0)).toBeGreaterThanOrEqual(epochMs + 0.25 + 2.9 + 1);
  });

  it("stamps by the fastest frames, however late the event's own frame came", () => {
    const clock = knowingClock();

    observe(clock, 3_000, 3_000 + 20 * secondMs);
    const stamp = clock.stamp(2_900);

    expect(Math.abs(stamp.epochMs - epochMs - 2_910)).toBeLessThanOrEqual(1);
    expect(includes(stamp, epochMs + 2_900 + 20 * secondMs)).toBe(true);
  });

  it("tightens what a late frame left open once a fast one follows", () => {
    const clock = knowingClock();

    observe(clock, 3_000, 3_000 + 20 * secondMs);
    observe(clock, 4_000, 4_020);

    expect(clock.stamp(2_900).errorMs).toBeLessThan(30);
  });

  it("learns nothing worse from a copy or a late frame", () => {
    const clock = knowingClock();
    observe(clock, 3_000, 3_020);
    const before = clock.stamp(1_500);

    observe(clock, 2_000, 9_000);
    observe(clock, 1_200, 9_500);

    expect(clock.stamp(1_500).errorMs).toBeLessThanOrEqual((before.errorMs ?? 0) + 1);
  });

  it("widens the bound by 200 ppm of the uptime from either side", () => {
    const clock = knowingClock();

    observe(clock, 2_000 + 2 * dayMs, 2_030 + 2 * dayMs);
    const { errorMs } = clock.stamp(2_000 + dayMs);

    expect(errorMs).toBeGreaterThan(dayMs * 200e-6);
    expect(errorMs).toBeLessThan(dayMs * 200e-6 + 50);
  });

  it("trusts the fresh frame, not a week of drift, after an outage", () => {
    const clock = knowingClock();
    const weekMs = 7 * dayMs;

    observe(clock, weekMs, weekMs * (1 + 50e-6) + 20);

    expect(Math.abs(clock.stamp(weekMs).epochMs - epochMs - weekMs * (1 + 50e-6))).toBeLessThan(30);
  });

  it("keeps its state small however long the boot lives", () => {
    const clock = knowingClock();

    for (let uptimeMs = 10_000; uptimeMs < 30 * hourMs; uptimeMs += 10_000) {
      const delayMs = (uptimeMs * 7_919) % 997;
      const ackUptimeMs = uptimeMs - 9_000 + delayMs;
      const sentMs = uptimeMs - 9_000;
      goRound(clock, {
        sentMs,
        ackUptimeMs,
        sendUptimeMs: uptimeMs,
        arrivalMs: uptimeMs + delayMs,
      });
    }

    expect(JSON.stringify(clock.state()).length).toBeLessThan(2_000);
  });

  it("knows that nothing was observed, and refuses to stamp", () => {
    const clock = clockOn({ offsetMs: epochMs });

    expect(clock.isSet()).toBe(false);
    expect(() => clock.stamp(5)).toThrow("Cannot stamp uptime 5: no frame was observed");
  });
});

describe("segment", () => {
  it("starts anew after sleep that the device did not count", () => {
    const clock = knowingClock();
    const sentMs = 2_500 + hourMs;

    goRound(clock, { sentMs, ackUptimeMs: 2_510, sendUptimeMs: 3_000, arrivalMs: 3_020 + hourMs });

    expect(includes(clock.stamp(1_500), epochMs + 1_500)).toBe(true);
    expect(clock.stamp(1_500).errorMs).toBeLessThan(30);
    expect(includes(clock.stamp(2_900), epochMs + 2_900 + hourMs)).toBe(true);
    expect(clock.stamp(2_900).errorMs).toBeLessThan(30);
  });

  it("bounds an event after such sleep before anything has proved the sleep", () => {
    const clock = knowingClock();

    observe(clock, 2_500, 2_520 + hourMs);

    expect(includes(clock.stamp(2_400), epochMs + 2_400 + hourMs)).toBe(true);
  });

  it("bounds what was logged around such sleep by the ack before it and the frame after it", () => {
    const clock = knowingClock();
    const sentMs = 2_500 + hourMs;

    goRound(clock, { sentMs, ackUptimeMs: 2_510, sendUptimeMs: 3_000, arrivalMs: 3_020 + hourMs });
    const stamp = clock.stamp(2_300);

    expect(includes(stamp, epochMs + 2_300)).toBe(true);
    expect(includes(stamp, epochMs + 2_300 + hourMs)).toBe(true);
  });

  it("is not disturbed by a frame from before such sleep that is observed after it", () => {
    const clock = knowingClock();
    const sentMs = 2_500 + hourMs;
    goRound(clock, { sentMs, ackUptimeMs: 2_510, sendUptimeMs: 3_000, arrivalMs: 3_020 + hourMs });

    observe(clock, 2_300, 2_320);
    const next = { ackUptimeMs: 3_100, sendUptimeMs: 4_000, arrivalMs: 4_020 + hourMs };
    goRound(clock, { sentMs: 3_090 + hourMs, ...next });

    expect(clock.state().segments.length).toBe(2);
  });

  it("starts anew where a device counts far more than the time that passes", () => {
    const clock = knowingClock();

    goRound(clock, { sentMs: 1_900, ackUptimeMs: 1_500, sendUptimeMs: 3_000, arrivalMs: 4_500 });

    expect(clock.state().segments.length).toBe(2);
    expect(includes(clock.stamp(2_500), epochMs + 2_900)).toBe(true);
    expect(includes(clock.stamp(2_500), epochMs + 4_000)).toBe(true);
  });

  it("follows a step of the wall clock, and keeps the stamps learnt before", () => {
    const host = { offsetMs: epochMs };
    const clock = knowingClock(host);
    const before = clock.stamp(1_500);

    host.offsetMs -= hourMs;
    observe(clock, 3_000, 3_020);

    expect(clock.stamp(1_500)).toEqual(before);
    expect(includes(clock.stamp(2_900), epochMs + 2_900 - hourMs)).toBe(true);
    expect(clock.stamp(2_900).errorMs).toBeLessThan(30);
  });

  it("reads an ack in flight during a step on the wall clock of its return", () => {
    const host = { offsetMs: epochMs };
    const clock = knowingClock(host);
    save(clock);
    const ackId = clock.ackSent(2_040);

    host.offsetMs += hourMs;
    clock.observe({ arrivalMs: 3_020, sendUptimeMs: 3_000, ackId, ackUptimeMs: 2_050 });

    expect(includes(clock.stamp(2_900), epochMs + 2_900 + hourMs)).toBe(true);
    expect(clock.stamp(2_900).errorMs).toBeLessThan(30);
  });

  it("estimates anew where a wall clock was turned back while the agent was down", () => {
    const saved = save(knowingClock());
    const clock = clockOn({ offsetMs: epochMs - hourMs }, saved);

    observe(clock, 3_000, 3_020);

    expect(clock.stamp(2_900)).toEqual({
      epochMs: epochMs - hourMs + 2_920,
      errorMs: null,
      quality: "estimated",
    });
    expect(includes(clock.stamp(1_500), epochMs + 1_500)).toBe(true);
  });

  it("starts at the first round trip where it was put forward while the agent was down", () => {
    const saved = save(knowingClock());
    const clock = clockOn({ offsetMs: epochMs + hourMs }, saved);

    observe(clock, 3_000, 3_020);
    goRound(clock, { sentMs: 3_025, ackUptimeMs: 3_040, sendUptimeMs: 4_000, arrivalMs: 4_020 });

    expect(clock.stamp(3_900).errorMs).toBeLessThan(30);
    expect(includes(clock.stamp(3_900), epochMs + hourMs + 3_900)).toBe(true);
    expect(includes(clock.stamp(1_500), epochMs + 1_500)).toBe(true);
  });

  it("ignores an ack that contradicts the very frame which returns it", () => {
    const clock = knowingClock();

    goRound(clock, { sentMs: 9_000, ackUptimeMs: 2_100, sendUptimeMs: 2_500, arrivalMs: 2_520 });

    expect(clock.state().segments.length).toBe(1);
    expect(includes(clock.stamp(2_400), epochMs + 2_400)).toBe(true);
  });

  it("gives way to newer ones beyond a few, whose events are then estimated", () => {
    const host = { offsetMs: epochMs };
    const clock = knowingClock(host);

    for (let step = 1; step <= 10; step += 1) {
      host.offsetMs += hourMs;
      observe(clock, 2_000 + step * 1_000, 2_020 + step * 1_000);
    }

    expect(clock.state().segments.length).toBe(4);
    expect(clock.stamp(1_500).quality).toBe("estimated");
    expect(clock.stamp(11_500).quality).toBe("synced");
  });
});

describe("ack id", () => {
  it("is 0 until the clock's state is saved", () => {
    const clock = clockOn({ offsetMs: epochMs });

    const unsaved = clock.ackSent(10);
    save(clock);

    expect([unsaved, clock.ackSent(20), clock.ackSent(30)]).toEqual([0, 1, 2]);
  });

  it("is 0 again where 256 were given since the last save", () => {
    const clock = clockOn({ offsetMs: epochMs });
    save(clock);

    const ids = Array.from({ length: 257 }, (_, sentMs) => clock.ackSent(sentMs));

    expect(ids.slice(-2)).toEqual([256, 0]);
  });

  it("asks for a save while half of them are left", () => {
    const clock = knowingClock();
    save(clock);
    const isDueAtOnce = clock.isSaveDue();

    for (let sentMs = 0; sentMs < 129; sentMs += 1) clock.ackSent(3_000 + sentMs);

    expect([isDueAtOnce, clock.isSaveDue()]).toEqual([false, true]);
  });

  it("rises across a restart of the agent", () => {
    const before = clockOn({ offsetMs: epochMs });
    const saved = save(before);
    const lastId = before.ackSent(10);

    const after = clockOn({ offsetMs: epochMs }, saved);
    save(after);

    expect(after.ackSent(20)).toBeGreaterThan(lastId);
  });

  it("of another run of the agent tells nothing", () => {
    const before = clockOn({ offsetMs: epochMs });
    const saved = save(before);
    const ackId = Array.from({ length: 200 }, () => before.ackSent(10)).at(-1) ?? 0;
    const after = clockOn({ offsetMs: epochMs }, saved);
    save(after);
    after.ackSent(15);

    after.observe({ arrivalMs: 2_020, sendUptimeMs: 2_000, ackId, ackUptimeMs: 20 });

    expect(after.stamp(1_000).quality).toBe("estimated");
  });

  it("goes on 4,096 above one that was never given", () => {
    const clock = clockOn({ offsetMs: epochMs });
    save(clock);

    clock.observe({ arrivalMs: 2_020, sendUptimeMs: 2_000, ackId: 5_000, ackUptimeMs: 20 });
    const unsaved = clock.ackSent(2_030);
    save(clock);

    expect([unsaved, clock.ackSent(2_040)]).toEqual([0, 9_096]);
  });

  it("stays exact whatever a device returns", () => {
    const clock = clockOn({ offsetMs: epochMs });
    save(clock);

    const ackId = Number.MAX_SAFE_INTEGER;
    clock.observe({ arrivalMs: 2_020, sendUptimeMs: 2_000, ackId, ackUptimeMs: 20 });

    expect(clock.ackSent(2_030)).toBe(1);
  });

  it("is doubted where the boot had passed the uptime of its coming before it left", () => {
    const clock = clockOn({ offsetMs: epochMs });
    observe(clock, 60_000, 60_000);
    save(clock);
    const heard = { ackId: clock.ackSent(60_010), ackUptimeMs: 2_400 };
    const timing = { arrivalMs: 70_000, sendUptimeMs: 2_500, ...heard };
    const inTime = { ...timing, sendUptimeMs: 70_000, ackUptimeMs: 60_020 };

    expect([clock.doubts(timing), clock.refutes(timing)]).toEqual([true, false]);
    expect([clock.doubts(inTime), clock.refutes(inTime)]).toEqual([false, false]);
  });

  it("is refuted then if it was given after the doubt, when no other store can have given it", () => {
    const clock = clockOn({ offsetMs: epochMs });
    observe(clock, 60_000, 60_000);
    save(clock);
    const doubted = { sendUptimeMs: 2_500, ackId: clock.ackSent(60_010), ackUptimeMs: 2_400 };
    clock.observe({ arrivalMs: 70_000, ...doubted });
    save(clock);
    const timing = { arrivalMs: 71_000, ...doubted, ackId: clock.ackSent(70_010) };

    expect(timing.ackId).toBeGreaterThan(4_096);
    expect([clock.doubts(timing), clock.refutes(timing)]).toEqual([false, true]);
    expect(clock.doubts({ arrivalMs: 71_000, ...doubted })).toBe(true);
    expect(clock.stamp(59_000).quality).toBe("estimated");
  });

  it("begins where the store says, and goes on where it was saved", () => {
    const options = { firstAckId: 700, toEpochMs: (monotonicMs: number) => monotonicMs };
    const clock = createBootClock(options);
    const state = save(clock);

    expect(clock.ackSent(0)).toBe(700);
    const after = createBootClock({ ...options, firstAckId: 5, state });
    save(after);
    expect(after.ackSent(0)).toBe(state.ackCeiling);
  });

  it("is remembered for the last 64 acks", () => {
    const clock = clockOn({ offsetMs: epochMs });
    save(clock);
    const ids = Array.from({ length: 65 }, (_, index) => clock.ackSent(10 + index));

    clock.observe({ arrivalMs: 2_020, sendUptimeMs: 2_000, ackId: ids[0] ?? 0, ackUptimeMs: 90 });
    const forgotten = clock.stamp(1_000).quality;
    clock.observe({ arrivalMs: 2_120, sendUptimeMs: 2_100, ackId: ids[1] ?? 0, ackUptimeMs: 90 });

    expect([forgotten, clock.stamp(1_000).quality]).toEqual(["estimated", "synced"]);
  });
});

describe("clock in the next process", () => {
  const savedOnFirst = (): ClockState =>
    save(knowingClock({ offsetMs: epochMs, machineBoot: "m1" }));

  it("notices that the wall clock was set since it was saved, on the same machine", () => {
    const clock = clockOn({ offsetMs: epochMs + 1_500, machineBoot: "m1" }, savedOnFirst());

    observe(clock, 5_000, 5_020);

    expect(includes(clock.stamp(4_000), epochMs + 1_500 + 4_000)).toBe(true);
    expect(includes(clock.stamp(1_500), epochMs + 1_500)).toBe(true);
  });

  it("takes what NTP corrected meanwhile for no step", () => {
    const state = savedOnFirst();
    const clock = clockOn({ offsetMs: epochMs + 30, machineBoot: "m1" }, state);

    observe(clock, 5_000, 5_020);

    expect(clock.state().segments).toHaveLength(state.segments.length);
  });

  it("claims nothing by what it knew once the machine has started anew, until the next round trip", () => {
    const clock = clockOn({ offsetMs: epochMs, machineBoot: "m2" }, savedOnFirst());

    observe(clock, 5_000, 5_020);
    const first = clock.stamp(4_000);
    goRound(clock, { sentMs: 5_990, ackUptimeMs: 6_000, sendUptimeMs: 7_000, arrivalMs: 7_030 });

    expect(first.quality).toBe("estimated");
    expect(clock.stamp(1_500).quality).toBe("synced");
    expect(clock.stamp(6_500).quality).toBe("synced");
  });

  it("goes on as it was where no machine tells", () => {
    const clock = clockOn({ offsetMs: epochMs }, save(knowingClock()));

    observe(clock, 5_000, 5_020);

    expect(clock.stamp(4_000).quality).toBe("synced");
  });
});

describe("saved clock", () => {
  it("stamps as before", () => {
    const clock = knowingClock();

    const restored = clockOn({ offsetMs: 0 }, save(clock));

    expect(restored.stamp(1_500)).toEqual(clock.stamp(1_500));
  });

  it("is due at the first round trip, at a new segment, and a minute after the last save", () => {
    const host = { offsetMs: epochMs };
    const clock = clockOn(host);
    const due: boolean[] = [];
    const ask = (): void => {
      due.push(clock.isSaveDue());
      save(clock);
    };

    observe(clock, 900, 950);
    ask();
    goRound(clock, { sentMs: 990, ackUptimeMs: 1_000, sendUptimeMs: 2_000, arrivalMs: 2_030 });
    ask();
    observe(clock, 3_000, 3_020);
    ask();
    host.offsetMs += hourMs;
    observe(clock, 4_000, 4_020);
    ask();
    observe(clock, 64_000, 64_020);
    ask();

    expect(due).toEqual([true, true, false, true, true]);
  });

  it("is not changed by what the clock learns later", () => {
    const clock = knowingClock();
    const saved = clock.state();
    const text = JSON.stringify(saved);

    goRound(clock, { sentMs: 2_990, ackUptimeMs: 3_000, sendUptimeMs: 4_000, arrivalMs: 4_030 });

    expect(JSON.stringify(saved)).toBe(text);
  });
});

describe("earlier boot", () => {
  it("keeps the bounds learnt while it ran", () => {
    expect(clockOn({ offsetMs: 5 }, save(knowingClock())).stamp(1_500).quality).toBe("synced");
  });

  it("is bounded after its last frame by how long it had been over when a later boot sent one", () => {
    const clock = knowingClock();

    clock.observeEnd({ arrivalMs: 60 * secondMs, lastUptimeMs: 5_000, endedAgoMs: 1_000 });
    const stamp = clock.stamp(5_000);

    expect(Math.abs(stamp.epochMs - epochMs - 5_010)).toBeLessThanOrEqual(1);
    expect(includes(stamp, epochMs + 59 * secondMs)).toBe(true);
  });

  it("learns no more from later frames of the boots that followed", () => {
    const clock = knowingClock();

    clock.observeEnd({ arrivalMs: 60 * secondMs, lastUptimeMs: 5_000, endedAgoMs: 1_000 });
    const stamp = clock.stamp(5_000);
    clock.observeEnd({ arrivalMs: 600 * secondMs, lastUptimeMs: 5_000, endedAgoMs: 1_500 });

    expect(clock.stamp(5_000)).toEqual(stamp);
  });

  it("keeps what its own frames told where flash knows less of it", () => {
    const clock = knowingClock();
    const before = [0, 500, 1_500, 2_000].map(clock.stamp);

    clock.observeEnd({ arrivalMs: dayMs, lastUptimeMs: 700, endedAgoMs: hourMs });

    expect([0, 500, 1_500, 2_000].map(clock.stamp)).toEqual(before);
  });

  it("bounds by its end what it logged after sleep, at the very uptime of its last frame", () => {
    const clock = clockOn({ offsetMs: epochMs });
    goRound(clock, { sentMs: 0, ackUptimeMs: 0, sendUptimeMs: 1, arrivalMs: 1 });

    clock.observeEnd({ arrivalMs: 30, lastUptimeMs: 1, endedAgoMs: 0 });

    expect(includes(clock.stamp(1), epochMs + 25)).toBe(true);
  });

  it("does not follow a wall clock that is set once it was told to have ended", () => {
    const host = { offsetMs: epochMs };
    const clock = knowingClock(host);
    clock.observeEnd({ arrivalMs: 10_000, lastUptimeMs: 2_500, endedAgoMs: 7_000 });
    const before = clock.stamp(2_500);

    host.offsetMs += hourMs;
    clock.observeEnd({ arrivalMs: 20_000, lastUptimeMs: 2_500, endedAgoMs: 17_000 });

    expect(before.quality).toBe("synced");
    expect(clock.stamp(2_500)).toEqual(before);
  });

  it("is placed where nothing was learnt: it ended as long ago as the frame says", () => {
    const clock = clockOn({ offsetMs: epochMs });

    clock.observeEnd({ arrivalMs: 60_000, lastUptimeMs: 5_000, endedAgoMs: 20_000 });

    expect(clock.isSet()).toBe(true);
    expect(clock.stamp(5_000)).toEqual({
      epochMs: epochMs + 40_000,
      errorMs: null,
      quality: "placed",
    });
    expect(clock.stamp(1_000).epochMs).toBe(epochMs + 36_000);
    expect(clock.stamp(7_000).epochMs).toBe(epochMs + 40_000);
  });

  it("stays where it was placed, whatever comes later, also after a restart", () => {
    const host = { offsetMs: epochMs };
    const clock = clockOn(host);
    clock.observeEnd({ arrivalMs: 60_000, lastUptimeMs: 5_000, endedAgoMs: 20_000 });
    const stamp = clock.stamp(1_000);

    const restored = clockOn({ offsetMs: epochMs - hourMs }, save(clock));
    for (const each of [clock, restored]) {
      each.observeEnd({ arrivalMs: 90_000, lastUptimeMs: 9_000, endedAgoMs: 0 });
      observe(each, 2_000, 95_000);
    }

    expect([clock.stamp(1_000), restored.stamp(1_000)]).toEqual([stamp, stamp]);
  });
});

describe("clamped stamp", () => {
  it("is held at the stamp before it, and its bound grows by as much", () => {
    const stamp: Stamp = { epochMs: 990, errorMs: 5, quality: "synced" };

    expect(clampStamp(1_000, stamp)).toEqual({ epochMs: 1_000, errorMs: 15, quality: "synced" });
  });

  it("claims no bound where none was claimed", () => {
    const stamp: Stamp = { epochMs: 990, errorMs: null, quality: "estimated" };

    expect(clampStamp(1_000, stamp)).toEqual({ ...stamp, epochMs: 1_000 });
  });

  it("stays where it is not before", () => {
    const stamp: Stamp = { epochMs: 1_000, errorMs: 5, quality: "synced" };

    expect(clampStamp(1_000, stamp)).toEqual(stamp);
  });
});
