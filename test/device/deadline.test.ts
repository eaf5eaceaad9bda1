import { describe, expect, it } from "vitest";
import { callWithin, cancelDeadline, createDeadline } from "../../device/deadline.ts";
import { fakeClock } from "../support/fake-clock.ts";

const createDeadlineBench = () => {
  const clock = fakeClock();
  const firedAtMs: number[] = [];
  const deadline = createDeadline(clock, () => firedAtMs.push(clock.uptimeMs()));
  return { clock, firedAtMs, deadline };
};

describe("deadline", () => {
  it("keeps the earliest time that was asked for", () => {
    const { clock, firedAtMs, deadline } = createDeadlineBench();

    callWithin(deadline, 500);
    callWithin(deadline, 200);
    callWithin(deadline, 900);
    clock.advance(2_000);

    expect(firedAtMs).toEqual([200]);
  });

  it("can be asked for again once it has fired", () => {
    const { clock, firedAtMs, deadline } = createDeadlineBench();

    callWithin(deadline, 100);
    clock.advance(100);
    callWithin(deadline, 300);
    clock.advance(300);

    expect(firedAtMs).toEqual([100, 400]);
  });

  it("leaves no timer behind when it is cancelled", () => {
    const { clock, firedAtMs, deadline } = createDeadlineBench();

    callWithin(deadline, 100);
    cancelDeadline(deadline);
    clock.advance(1_000);

    expect(firedAtMs).toEqual([]);
    expect(clock.timers()).toBe(0);
  });
});
