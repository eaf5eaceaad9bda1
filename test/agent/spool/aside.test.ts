import { describe, expect, it } from "vitest";
import { asideLane, awaitedIn, baseLane } from "../../../agent/spool/aside.ts";

describe("a lane of frames set aside", () => {
  it("says what it was set aside from, and what it waits for", () => {
    const lane = asideLane("/g:pump {date}", "3f00000000000001");

    expect(baseLane(lane)).toBe("/g:pump {date}");
    expect(awaitedIn(lane)).toBe("3f00000000000001");
  });

  it("is told from every other lane", () => {
    expect(awaitedIn("/g:pump")).toBeNull();
    expect(baseLane("/g:pump")).toBe("/g:pump");
  });
});
