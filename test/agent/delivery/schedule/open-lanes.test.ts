import { describe, expect, it } from "vitest";
import { createOpenLanes } from "../../../../agent/delivery/schedule/open-lanes.ts";
import { fakeTime } from "../../../support/fake-time.ts";

const openLanes = (intended: string[] = [], random = () => 0.999) => {
  const time = fakeTime();
  return { time, lanes: createOpenLanes(intended, time, random) };
};

const pauseOf = (
  lanes: ReturnType<typeof createOpenLanes>,
  baseMs: number,
  leastMs?: number,
): number => {
  const next = lanes.pause("a", baseMs, leastMs);
  return next.kind === "pause" ? next.pauseMs : Number.NaN;
};

describe("open lanes", () => {
  it("know nothing of a lane until it is opened, nor once it is closed", () => {
    const { lanes } = openLanes();

    const before = lanes.isOpen("a");
    lanes.open("a");
    const meanwhile = [lanes.isOpen("a"), lanes.unknownForMs("a")];
    lanes.close("a");

    expect([before, meanwhile, lanes.isOpen("a")]).toEqual([false, [true, null], false]);
  });

  it("take the outcome of an earlier run's intent for unknown", () => {
    const { time, lanes } = openLanes(["a"]);

    time.advance(500);

    expect(lanes.unknownForMs("a")).toBe(500);
  });

  it("know for how long an outcome is unknown, until it is clear", () => {
    const { time, lanes } = openLanes();

    lanes.open("a");
    lanes.becomeUnknown("a");
    time.advance(70);
    const unknownMs = lanes.unknownForMs("a");
    lanes.open("a");

    expect([unknownMs, lanes.unknownForMs("a")]).toEqual([70, null]);
  });

  it("give a lane one look for each turn to read", () => {
    const { lanes } = openLanes(["a"]);

    const looks = [1, 2, 3, 4].map(() => lanes.takeLook("a"));

    expect(looks).toEqual([false, true, false, true]);
  });

  it("double the ceiling of the pause with each failure, to 20 s", () => {
    const { lanes } = openLanes();

    const pauses = Array.from({ length: 12 }, () => Math.round(pauseOf(lanes, 1_000) / 1_000));

    expect(pauses).toEqual([1, 2, 4, 8, 16, 20, 20, 20, 20, 20, 20, 20]);
  });

  it("pause for any part of the ceiling, but never for nothing", () => {
    const { lanes } = openLanes([], () => 0);

    expect(pauseOf(lanes, 1_000)).toBe(1);
  });

  it("pause for as long as the service asks", () => {
    const { lanes } = openLanes();

    expect(pauseOf(lanes, 50, 90_000)).toBe(90_000);
  });

  it("forget failures once the lane's batch is settled", () => {
    const { lanes } = openLanes();

    for (let failures = 0; failures < 5; failures++) lanes.pause("a", 1_000);
    lanes.close("a");

    expect(pauseOf(lanes, 1_000)).toBeLessThanOrEqual(1_001);
  });
});
