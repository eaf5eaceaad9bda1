import { describe, expect, it } from "vitest";
import { dropReasons, levels } from "../../shared/event.ts";

describe("event", () => {
  it("has levels whose order is their number on the wire", () => {
    expect(levels).toEqual(["debug", "info", "warn", "error", "fatal"]);
  });

  it("has drop reasons whose order is their number on the wire", () => {
    expect(dropReasons).toEqual([
      "ring_full",
      "outbox_full",
      "too_large",
      "busy",
      "rate_limited",
      "refused",
      "power_loss",
      "unreadable",
    ]);
  });
});
