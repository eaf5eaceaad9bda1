import { describe, expect, it } from "vitest";
import { createMirror } from "../../device/mirror.ts";
import { eventOf } from "../support/device-parts.ts";

describe("mirror", () => {
  it("shows level, tag and format, then the values", () => {
    const lines: unknown[][] = [];
    const mirror = createMirror({ log: (...line) => lines.push(line) });
    const event = eventOf("warn", "rssi %d");

    mirror({ ...event, values: [-71] });
    mirror({ ...event, site: { ...event.site, tag: "wifi" } });

    expect(lines).toEqual([["warn rssi %d", -71], ["warn wifi: rssi %d"]]);
  });

  it("bears a console that throws", () => {
    const mirror = createMirror({
      log() {
        throw new Error("no console");
      },
    });

    expect(() => mirror(eventOf("info", "x"))).not.toThrow();
  });
});
