import { describe, expect, it } from "vitest";
import { createMirror } from "../../device/mirror.ts";
import type { LogEvent } from "../../shared/index.ts";

const event: LogEvent = {
  kind: "event",
  uptimeMs: 0,
  site: { level: "warn", tag: "", format: "rssi %d" },
  values: [],
};

describe("mirror", () => {
  it("shows level, tag and format, then the values", () => {
    const lines: unknown[][] = [];
    const mirror = createMirror({ log: (...line) => lines.push(line) });

    mirror({ ...event, values: [-71] });
    mirror({ ...event, site: { ...event.site, tag: "wifi" } });

    expect(lines).toEqual([["warn rssi %d", -71], ["warn wifi: rssi %d"]]);
  });

  it("shows arrays and objects as their JSON", () => {
    const lines: unknown[][] = [];

    createMirror({ log: (...line) => lines.push(line) })({
      ...event,
      values: [{ json: "[1]" }, null, 0, "", false],
    });

    expect(lines).toEqual([["warn rssi %d", "[1]", null, 0, "", false]]);
  });

  it("bears a console that throws", () => {
    const mirror = createMirror({
      log() {
        throw new Error("no console");
      },
    });

    expect(() => mirror(event)).not.toThrow();
  });
});
