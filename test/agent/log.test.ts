import { describe, expect, it } from "vitest";
import { createTroubleFilter } from "../../agent/log.ts";
import { fakeTime } from "../support/fake-time.ts";

const startFilter = () => {
  const time = fakeTime();
  const written: [message: string, heldBack: number][] = [];
  const tell = createTroubleFilter(
    (message, heldBack) => written.push([message, heldBack]),
    time,
    1_000,
  );
  return { time, tell, written };
};

describe("trouble filter", () => {
  it("passes different messages on", () => {
    const { tell, written } = startFilter();

    tell("disk");
    tell("net");

    expect(written).toEqual([
      ["disk", 0],
      ["net", 0],
    ]);
  });

  it("holds a message back until the pause is over, and then says how many were", () => {
    const { time, tell, written } = startFilter();

    for (let count = 0; count < 4; count++) tell("disk");
    time.advance(1_000);
    tell("disk");

    expect(written).toEqual([
      ["disk", 0],
      ["disk", 3],
    ]);
  });

  it("passes no more than 100 messages on in a pause, be they different", () => {
    const { time, tell, written } = startFilter();

    for (let count = 0; count < 5_000; count++) tell(`device ${count}`);
    time.advance(1_000);
    tell("later");

    expect(written).toHaveLength(101);
    expect(written.at(-1)).toEqual(["later", 4_900]);
  });
});
