import { describe, expect, it } from "vitest";
import { geometricMean, type Measured, reportJson, reportRows } from "./report.ts";

const measured: Measured[] = [
  {
    name: "esp_pump",
    events: 100,
    isEmbedded: true,
    sizes: { known50: 4, known10: 6, json50: 80 },
    decodePerSecond: 4_000_000,
    renderPerSecond: 1_000_000,
  },
  {
    name: "android",
    events: 300,
    isEmbedded: false,
    sizes: { known50: 9, known10: 24, json50: 180 },
    decodePerSecond: 1_000_000,
    renderPerSecond: 1_000_000,
  },
];

describe("report", () => {
  it("means geometrically", () => {
    expect(geometricMean([2, 8])).toBeCloseTo(4);
  });

  it("puts budget and ratio below the mean of the embedded corpora and of all", () => {
    expect(reportRows(measured).slice(3)).toEqual([
      ["mean, embedded", 100, 1, "4.00", "6.00", "80.00", "4.00", "1.00"],
      ["  budget", "", "", 5.9, 8.5, "", "", ""],
      ["  times known50", "", "", "1.00", "1.50", "20.00", "", ""],
      ["mean, all", 400, 2, "6.00", "12.00", "120.00", "2.00", "1.00"],
      ["  budget", "", "", 8.8, 12.5, "", "", ""],
      ["  times known50", "", "", "1.00", "2.00", "20.00", "", ""],
    ]);
  });

  it("ends with one object: sizes of each corpus, speeds over all", () => {
    expect(JSON.stringify(reportJson(measured))).toBe(
      '{"corpora":{"esp_pump":{"known50":4,"known10":6,"json50":80},' +
        '"android":{"known50":9,"known10":24,"json50":180}},' +
        '"decodePerSecond":2000000,"renderPerSecond":1000000}',
    );
  });
});
