import { describe, expect, it } from "vitest";
import type { ReadEvent } from "../../../agent/demo/read-all.ts";
import { compare } from "./verdict.ts";

const eventOf = (device: string, ordinal: number, timestamp: number): ReadEvent => ({
  timestamp,
  message: JSON.stringify({ device, args: ["speed", ordinal] }),
});

const logged = new Map([["pump-0", 3]]);

describe("verdict", () => {
  it("is good where each event is there once, in order", () => {
    const streams = [[0, 1, 2].map((ordinal) => eventOf("pump-0", ordinal, 1_000))];

    expect(compare(logged, streams)).toEqual({
      logged: 3,
      delivered: 3,
      missing: 0,
      doubled: 0,
      outOfOrder: 0,
    });
  });

  it("counts what is not there, also of a device without a stream", () => {
    const two = new Map([...logged, ["pump-1", 2]]);

    expect(compare(two, [[eventOf("pump-0", 1, 1_000)]])).toMatchObject({
      delivered: 1,
      missing: 4,
    });
  });

  it("counts each further copy", () => {
    const streams = [[0, 1, 1, 1, 2].map((ordinal) => eventOf("pump-0", ordinal, 1_000))];

    expect(compare(logged, streams)).toMatchObject({ delivered: 3, doubled: 2 });
  });

  it("counts stamps that run backwards, be it those of a copy", () => {
    const streams = [
      [eventOf("pump-0", 0, 1_000), eventOf("pump-0", 1, 1_001), eventOf("pump-0", 2, 1_002)],
      [eventOf("pump-0", 1, 999)],
    ];

    expect(compare(logged, streams)).toMatchObject({ doubled: 1, outOfOrder: 1 });
  });

  it("leaves out what the agent itself has to say", () => {
    const notice = { timestamp: 1, message: '{"device":"pump-0","event":"boot_closed"}' };

    expect(compare(logged, [[notice]])).toMatchObject({ delivered: 0, missing: 3 });
  });
});
