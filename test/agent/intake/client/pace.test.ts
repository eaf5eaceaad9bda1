import { describe, expect, it } from "vitest";
import { createPace, type Pace } from "../../../../agent/intake/client/pace.ts";
import { type FakeTime, fakeTime } from "../../../support/fake-time.ts";

/** Publishes whenever it may, while `perSecond` messages come evenly; when each of both happened. */
const run = (pace: Pace, time: FakeTime, forMs: number, perSecond: number) => {
  const went: number[] = [];
  const came: number[] = [];
  for (let ms = 0; ms < forMs; ms++) {
    if ((ms * perSecond) % 1_000 < perSecond) {
      pace.came();
      came.push(ms);
    }
    if (pace.waitMs() === 0) {
      pace.went();
      went.push(ms);
    }
    time.advance(1);
  }
  return { went, came };
};

const mostInASecond = (atMs: number[]): number =>
  Math.max(...atMs.map((from) => atMs.filter((at) => at >= from && at < from + 1_000).length));

describe("pace", () => {
  it("holds acks to half of the limit where nothing else comes", () => {
    const time = fakeTime();

    const { went } = run(createPace(100, time), time, 5_000, 0);

    expect(mostInASecond(went)).toBe(50);
  });

  it.each([20, 50])("keeps what goes and %i messages that come a second to the limit", (rate) => {
    const time = fakeTime();

    const { went, came } = run(createPace(100, time), time, 5_000, rate);

    expect(mostInASecond([...went, ...came])).toBeLessThanOrEqual(100);
    expect(went.length).toBeGreaterThan(5 * 40);
  });

  it("gives way to messages that need more than half, once it knows of them", () => {
    const time = fakeTime();
    const pace = createPace(100, time);
    run(pace, time, 1_100, 70);

    const { went, came } = run(pace, time, 5_000, 70);

    expect(mostInASecond([...went, ...came])).toBeLessThanOrEqual(100);
    expect(mostInASecond(went)).toBeLessThanOrEqual(30);
  });

  it("leaves a quarter to acks where more comes than the limit", () => {
    const time = fakeTime();
    const pace = createPace(100, time);
    run(pace, time, 1_100, 200);

    const { went } = run(pace, time, 5_500, 200);

    expect(went).toHaveLength(5 * 25);
    expect(mostInASecond(went)).toBe(25);
  });

  it("says how long until the next may go", () => {
    const time = fakeTime();
    const pace = createPace(4, time);
    for (let index = 0; index < 2; index++) pace.went();

    const waitMs = pace.waitMs();
    time.advance(waitMs);

    expect(waitMs).toBeGreaterThan(1_000);
    expect(pace.waitMs()).toBe(0);
  });
});
