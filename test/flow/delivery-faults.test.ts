import { describe, expect, it } from "vitest";
import { runDayOfFaults } from "../support/day-of-faults.ts";
import { scratchDirectory } from "../support/local-endpoint.ts";

describe("a day of faults", () => {
  it("loses nothing, doubles no more than is counted, and keeps stamps in order", async () => {
    const directory = await scratchDirectory();

    const day = await runDayOfFaults({
      directory,
      events: 20_000,
      devices: 100,
      crashes: 5,
      seed: 3,
    });

    expect(day).toMatchObject({ missing: 0, backwards: 0 });
    expect(day.doubled).toBeLessThanOrEqual(day.possiblyDuplicated);
    expect(Object.keys(day.injected).sort()).toEqual([
      "ServiceUnavailableException",
      "ThrottlingException",
      "cut-after",
    ]);
  }, 60_000);
});
