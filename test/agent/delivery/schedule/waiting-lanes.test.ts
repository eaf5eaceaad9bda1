import { describe, expect, it } from "vitest";
import { createWaitingLanes } from "../../../../agent/delivery/schedule/waiting-lanes.ts";
import { fakeTime } from "../../../support/fake-time.ts";

const dayMs = 86_400_000;

const start = (waitMs = 1_000) => {
  const time = fakeTime();
  const due: string[] = [];
  const lanes = createWaitingLanes({ time, waitMs, onDue: (lane) => due.push(lane) });
  return { time, due, lanes, startMs: time.epochMs() };
};

describe("waiting lanes", () => {
  it("tells of each lane once it has waited long enough, and once", () => {
    const { time, due, lanes, startMs } = start();
    lanes.note("a", startMs);
    lanes.note("b", startMs + 500);
    lanes.note("c", startMs + 500);

    time.advance(999);
    const early = [...due];
    time.advance(1);
    const first = [...due];
    time.advance(5_000);

    expect(early).toEqual([]);
    expect(first).toEqual(["a"]);
    expect(due).toEqual(["a", "b", "c"]);
  });

  it("tells at once of one that has waited too long already", () => {
    const { time, due, lanes, startMs } = start();

    lanes.note("a", startMs - 5_000);
    time.advance(1);

    expect(due).toEqual(["a"]);
  });

  it("tells of none that is forgotten, nor of any once it is stopped", () => {
    const { time, due, lanes, startMs } = start();
    lanes.note("a", startMs);
    lanes.note("b", startMs + 1);

    lanes.forget("a");
    time.advance(1_000);
    lanes.stop();
    time.advance(9_000);

    expect(due).toEqual([]);
  });

  it("knows the lane that has waited longest", () => {
    const { lanes } = start();

    lanes.note("a", 5);
    lanes.note("b", 3);
    lanes.note("c", 4);
    const first = lanes.oldest();
    lanes.note("b", 9);
    lanes.forget("c");

    expect([first, lanes.oldest()]).toEqual(["b", "a"]);
  });

  it("waits on where the wall clock was set back, and beyond what one timer can", () => {
    const { time, due, lanes, startMs } = start(40 * dayMs);
    lanes.note("a", startMs);

    time.step(-dayMs);
    time.advance(40 * dayMs);
    const early = [...due];
    time.advance(dayMs);

    expect(early).toEqual([]);
    expect(due).toEqual(["a"]);
  });
});
