import { describe, expect, it } from "vitest";
import { checkSettings } from "../../../../agent/config.ts";
import { createPace } from "../../../../agent/delivery/schedule/pace.ts";
import {
  createSchedule,
  type Next,
  type Schedule,
} from "../../../../agent/delivery/schedule/schedule.ts";
import { sleep } from "../../../../agent/time.ts";
import { type SimulatedTime, simulatedTime } from "../../../support/simulated-time.ts";

interface Rig {
  time: SimulatedTime;
  schedule: Schedule;
  /** Steps in order: lane and time. */
  steps: [string, number][];
}

const empty: Next = { kind: "empty" };

const rigOf = (
  step: (lane: string, time: SimulatedTime) => Promise<Next> = async () => empty,
  { workers = 4, callsPerSecond = 1_000, hasRoom = (): boolean => true } = {},
): Rig => {
  const time = simulatedTime();
  const steps: [string, number][] = [];
  const schedule = createSchedule({
    time,
    workers,
    hasRoom,
    ageMs: 100,
    pace: createPace({ callsPerSecond, time }),
    step(lane) {
      steps.push([lane, Math.round(time.monotonicMs())]);
      return step(lane, time);
    },
  });
  return { time, schedule, steps };
};

const lanesOf = ({ steps }: Rig): string[] => steps.map(([lane]) => lane);

/** Gives these in turn, then "empty". */
const inTurn =
  (...nexts: Next[]): (() => Promise<Next>) =>
  async () =>
    nexts.shift() ?? empty;

describe("schedule", () => {
  it("serves a lane once, its age after the first of many wakes", async () => {
    const rig = rigOf();

    rig.schedule.wake("a", false);
    await rig.time.run(60);
    rig.schedule.wake("a", false);
    await rig.time.run(1_000);

    expect(rig.steps).toEqual([["a", 100]]);
  });

  it("serves a lane at once where that is urgent, also one that waits for its age", async () => {
    const rig = rigOf();

    rig.schedule.wake("a", false);
    rig.schedule.wake("a", true);
    await rig.time.run(1_000);

    expect(rig.steps).toEqual([["a", 0]]);
  });

  it("serves a lane again that was woken while it was served", async () => {
    const rig = rigOf(async (_lane, time) => sleep(time, 50).then(() => empty));

    rig.schedule.wake("a", true);
    await rig.time.run(10);
    rig.schedule.wake("a", false);
    await rig.time.run(1_000);

    expect(rig.steps).toEqual([
      ["a", 0],
      ["a", 150],
    ]);
  });

  it("never serves a lane twice at a time, nor more lanes than it has workers", async () => {
    const busy = new Set<string>();
    let most = 0;
    const rig = rigOf(async (lane, time) => {
      expect(busy.has(lane)).toBe(false);
      busy.add(lane);
      most = Math.max(most, busy.size);
      await sleep(time, 30);
      busy.delete(lane);
      return { kind: "more" };
    });

    for (const lane of ["a", "b", "c", "d", "e", "f"]) rig.schedule.wake(lane, true);
    await rig.time.run(2_000);

    expect(most).toBe(4);
  });

  it("begins no further lane while there is no room, unless none is under way", async () => {
    const rig = rigOf(
      async (_, time) => {
        await sleep(time, 30);
        return empty;
      },
      { hasRoom: () => false },
    );

    for (const lane of ["a", "b"]) rig.schedule.wake(lane, true);
    await rig.time.run(20);
    const first = lanesOf(rig);
    await rig.time.run(20);

    expect(first).toEqual(["a"]);
    expect(lanesOf(rig)).toEqual(["a", "b"]);
  });

  it("serves lanes with a backlog in turn", async () => {
    const rig = rigOf(async () => ({ kind: "more" }), { workers: 1, callsPerSecond: 10 });

    for (const lane of ["a", "b", "c"]) rig.schedule.wake(lane, true);
    await rig.time.run(510);

    expect(lanesOf(rig)).toEqual(["a", "b", "c", "a", "b", "c"]);
  });

  it("waits as long as a step asks, and is not hurried by wakes", async () => {
    const rig = rigOf(inTurn({ kind: "pause", pauseMs: 5_000 }));

    rig.schedule.wake("a", true);
    await rig.time.run(1_000);
    rig.schedule.wake("a", true);
    await rig.time.run(10_000);

    expect(rig.steps).toEqual([
      ["a", 0],
      ["a", 5_000],
    ]);
  });

  it("serves others while a lane waits to be told", async () => {
    let tell = (_next: Next): void => {};
    const until = new Promise<Next>((resolve) => {
      tell = resolve;
    });
    const rig = rigOf(inTurn({ kind: "wait", until }), { workers: 1 });

    rig.schedule.wake("a", true);
    await rig.time.run(10);
    rig.schedule.wake("b", true);
    rig.schedule.wake("a", true);
    await rig.time.run(10);
    const beforeWord = lanesOf(rig);
    tell({ kind: "more" });
    await rig.time.run(10);

    expect(beforeWord).toEqual(["a", "b"]);
    expect(lanesOf(rig)).toEqual(["a", "b", "a"]);
  });

  it("drains without waiting for age, and says whether it could", async () => {
    const rig = rigOf();
    const stuck = rigOf(async () => ({ kind: "pause", pauseMs: 60_000 }));

    for (const { schedule } of [rig, stuck]) schedule.wake("a", false);
    const outcomes = [rig.schedule.drain(1_000), stuck.schedule.drain(1_000)];
    await rig.time.run(2_000);
    await stuck.time.run(2_000);

    expect(await Promise.all(outcomes)).toEqual([true, false]);
    expect(rig.steps).toEqual([["a", 0]]);
  });

  it("begins nothing after a stop, which waits for what is under way", async () => {
    const rig = rigOf(async (_lane, time) => sleep(time, 50).then(() => ({ kind: "more" })));

    rig.schedule.wake("a", true);
    rig.schedule.wake("b", false);
    await rig.time.run(10);
    let isStopped = false;
    const stopping = rig.schedule.stop().then(() => {
      isStopped = true;
    });
    await rig.time.run(30);
    const wasStopped = isStopped;
    await rig.time.run(1_000);
    await stopping;

    expect(wasStopped).toBe(false);
    expect(lanesOf(rig)).toEqual(["a"]);
  });
});

describe("50,000 lanes with an event every 10 s each", () => {
  const { delivery } = checkSettings({}, "the test");
  const lanes = 50_000;
  const everyMs = 10_000;
  const forMs = 180_000;
  const quotaPerSecond = 5_000;

  it("are never throttled at default settings, and none waits longer than a minute", async () => {
    const time = simulatedTime();
    const waitingSinceMs = new Map<string, number>();
    const callsOfSecond: number[] = [];
    const served = new Set<string>();
    let longestWaitMs = 0;
    const schedule = createSchedule({
      time,
      workers: delivery.workers,
      hasRoom: () => true,
      ageMs: delivery.flushAfterMs,
      pace: createPace({ callsPerSecond: delivery.callsPerSecond, time }),
      async step(lane) {
        const second = Math.floor(time.monotonicMs() / 1_000);
        callsOfSecond[second] = (callsOfSecond[second] ?? 0) + 1;
        served.add(lane);
        const waitedMs = time.monotonicMs() - (waitingSinceMs.get(lane) ?? 0);
        waitingSinceMs.delete(lane);
        longestWaitMs = Math.max(longestWaitMs, waitedMs);
        await sleep(time, 50);
        return { kind: "empty" };
      },
    });
    const stepMs = 10;
    const log = (tick: number): void => {
      const share = (lanes * stepMs) / everyMs;
      const first = (tick * share) % lanes;
      for (let lane = first; lane < first + share; lane++) {
        const name = `g:device-${lane}`;
        if (!waitingSinceMs.has(name)) waitingSinceMs.set(name, time.monotonicMs());
        schedule.wake(name, false);
      }
      time.after(stepMs, () => log(tick + 1));
    };

    log(0);
    await time.run(forMs);

    expect(Math.max(...callsOfSecond.filter(Boolean))).toBeLessThanOrEqual(
      delivery.callsPerSecond * 1.05,
    );
    expect(delivery.callsPerSecond * 1.05).toBeLessThan(quotaPerSecond);
    expect(served.size).toBe(lanes);
    expect(longestWaitMs).toBeLessThan(60_000);
  });
});
