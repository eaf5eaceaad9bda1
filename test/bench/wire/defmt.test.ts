import { describe, expect, it } from "vitest";
import type { LogEvent, Value } from "../../../shared/event.ts";
import { defmtBytes, slotType } from "./defmt.ts";

const eventOf = (uptimeMs: number, format: string, values: Value[]): LogEvent => ({
  kind: "event",
  uptimeMs,
  site: { level: "info", tag: "", format },
  values,
});

describe("defmt model", () => {
  it("counts the book's example: index 1, stamp 125, one u8", () => {
    const events = [eventOf(125, "answer=%d", [42])];

    expect(defmtBytes(events)).toBe(3);
  });

  it("gives a slot one width for all events, a text its length, a stamp 7 bits a byte", () => {
    const events = [
      eventOf(127, "%d %s", [1, "world"]),
      eventOf(128, "%d %s", [-300, ""]),
      eventOf(16_384, "plain", []),
    ];

    // index + stamp + i16 + length + text; index + stamp; the same with 3 bytes of stamp
    expect(defmtBytes(events)).toBe(1 + 1 + 2 + 1 + 5 + (1 + 2 + 2 + 1) + (1 + 3));
  });

  it("takes two bytes for an index from 128 on", () => {
    const events = Array.from({ length: 129 }, (_, index) => eventOf(0, `site ${index}`, []));

    expect(defmtBytes(events)).toBe(128 * 2 + 3);
  });

  it.each<[Value[], ReturnType<typeof slotType>]>([
    [[0, 255], "1"],
    [[-1, 127], "1"],
    [[-1, 128], "2"],
    [[65_536], "4"],
    [[-2_147_483_649], "8"],
    [[21.5, 1], "f32"],
    [[21.4], "f32"],
    [[1.23456789], "f64"],
    [[true, false], "bool"],
    [["a", "b"], "str"],
    [["a", 1], "any"],
  ])("holds %j in the narrowest type, %s", (values, type) => {
    expect(slotType(values)).toBe(type);
  });
});
