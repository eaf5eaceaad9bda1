import { describe, expect, it } from "vitest";
import { addDrop, countDropped, createTally } from "../../device/tally.ts";
import type { DropCount } from "../../shared/index.ts";

describe("tally", () => {
  it("counts drops by reason", () => {
    const tally = createTally();

    countDropped(tally, "busy", 1);
    countDropped(tally, "ring_full", 2);
    countDropped(tally, "ring_full", 3);

    expect(tally.dropped).toEqual({ busy: 1, ring_full: 5 });
  });

  it("joins drops of the same level and reason, and no others", () => {
    const drops: DropCount[] = [];

    addDrop(drops, { level: "info", reason: "busy", count: 1 });
    addDrop(drops, { level: "warn", reason: "busy", count: 1 });
    addDrop(drops, { level: "info", reason: "ring_full", count: 1 });
    addDrop(drops, { level: "info", reason: "busy", count: 4 });

    expect(drops).toEqual([
      { level: "info", reason: "busy", count: 5 },
      { level: "warn", reason: "busy", count: 1 },
      { level: "info", reason: "ring_full", count: 1 },
    ]);
  });

  it("keeps a copy, so that later counts leave the given drop alone", () => {
    const given: DropCount = { level: "info", reason: "busy", count: 1 };
    const drops: DropCount[] = [];

    addDrop(drops, given);
    addDrop(drops, { level: "info", reason: "busy", count: 1 });

    expect(given.count).toBe(1);
  });
});
