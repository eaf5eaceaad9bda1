import { describe, expect, it } from "vitest";
import { readEntries } from "../../../shared/codec/decode-entries.ts";
import { createReader, type ReadFault } from "../../../shared/codec/reader.ts";
import type { Lookup, Meaning } from "../../../shared/definition.ts";
import type { Entry } from "../../../shared/event.ts";

const siteOf = (format: string, valueCount: number): Meaning => ({
  kind: "site",
  site: { level: "info", tag: "", format },
  valueCount,
});

const textOf = (text: string): Meaning => ({ kind: "text", text });

const read = (
  hex: string,
  ...meanings: Meaning[]
): { entries: Entry[]; fault: ReadFault | null; count: number } => {
  const lookup: Lookup = (number) => meanings[number];
  const reader = createReader(Buffer.from(hex.replaceAll(" ", ""), "hex"), 0);
  const entries = readEntries(reader, lookup);
  return { entries, fault: reader.fault(), count: entries.length };
};

/** Format, or kind, and values of each entry. */
const shortOf = (entries: Entry[]): unknown[] =>
  entries.map((entry) =>
    entry.kind === "event" ? [entry.site.format, ...entry.values] : entry.kind,
  );

const uptimesOf = (entries: Entry[]): number[] => entries.map(({ uptimeMs }) => uptimeMs);

const [a, b, c] = ["a", "b", "c"].map((format) => siteOf(format, 0)) as [Meaning, Meaning, Meaning];

describe("entries", () => {
  it("are none where only the uptime is there", () => {
    expect(read("05")).toEqual({ entries: [], fault: null, count: 0 });
  });

  it("begin with number 0 and go on by one where nothing is given", () => {
    expect(shortOf(read("05 00 00 00", a, b, c).entries)).toEqual([["a"], ["b"], ["c"]]);
  });

  it("follow one another as they did when the site was given last", () => {
    const { entries } = read("05 00 80 02 80 00 00 80 01 80 00 00", a, b, c);

    expect(shortOf(entries).join("")).toBe("acacbac");
  });

  it("predict over drops as if they were not there", () => {
    const { entries } = read("05 80 01 3f 00 07 01 00 09 00", a, b, c);

    expect(shortOf(entries)).toEqual([["b"], "drop", ["c"]]);
    expect(uptimesOf(entries)).toEqual([5, 12, 12]);
  });

  it.each([
    ["2f", 47],
    ["30 00", 48],
    ["3b ff", 3_119],
    ["3c 00 00", 3_120],
    ["3c ff ff", 68_655],
    ["3d 00 00 00", 68_656],
    ["3d ff ff ff", 16_845_871],
    ["3e b0 98 84 08", 16_845_872],
    ["3e 05", 5],
  ])("take the step %s: %i ms", (hex, stepMs) => {
    expect(uptimesOf(read(`00 ${hex}`, a).entries)).toEqual([stepMs]);
  });

  it("keep the values of a site until others come", () => {
    const pair = siteOf("pair", 2);

    const { entries } = read("00 40 02 04 80 00 c0 00 02 02 c0 00 03 02 02", pair);

    const values = shortOf(entries);
    expect(values).toEqual([
      ["pair", 1, 2],
      ["pair", 1, 2],
      ["pair", 1, 3],
      ["pair", 2, 4],
    ]);
  });

  it("have a byte of mask for each 8 values", () => {
    const nine = siteOf("nine", 9);

    const { entries } = read(`00 40 ${"00".repeat(9)} c0 00 81 02 04 01 06`, nine);

    expect(shortOf(entries)[1]).toEqual(["nine", 1, 0, 0, 0, 0, 0, 0, 2, 3]);
  });

  it("bring sites without a number", () => {
    const { entries } = read("00 3f 02 09 05 01 02 6d73 03 6c6167 0e");

    const site = { level: "info", tag: "ms", format: "lag", isMetric: true };
    expect(entries).toEqual([{ kind: "event", uptimeMs: 9, site, values: [7] }]);
  });

  it.each([
    ["00 00", "no site is defined as 0", []],
    ["00 80 07", "no site is defined as 7", [a]],
    ["00 00 00", "no site is defined as 1", [a]],
    ["00 00", "no site is defined as 0", [textOf("a")]],
    ["00 40 95 00", "no text is defined as 0", [siteOf("s", 1)]],
    ["00 40 00 00 c0 00 04 00", "a mask beyond the values", [siteOf("s", 2)]],
    ["00 7f", "a step of no known length", [a]],
    ["00 bf 00", "a step of no known length", [a]],
    ["00 3f 03 00", "entry of unknown kind 3", []],
    ["00 3f 00 00 05 00 01", "level 5 is not known", []],
    ["00 3f 00 00 00 08 01", "drop reason 8 is not known", []],
    ["00 3f 02 00 06 00 00 00", "level 6 is not known", []],
    ["00 3f 01 00 00", "an entry after the end of the boot", [a]],
    ["feffffffffffff0f 02", "uptime above 2^53 - 1", [a]],
  ])("are refused as %s: %s", (hex, reason, meanings) => {
    expect(read(hex, ...meanings).fault?.reason).toBe(reason);
  });

  it.each([
    ["2^53 values that a definition claims", "00 40 00 00", siteOf("s", 2 ** 53 - 1)],
    ["2^53 values of an inline event", "00 3f 02 00 01 ffffffffffffff0f 00 00 00", a],
  ])("are refused at once with %s", (_what, hex, meaning) => {
    const { fault, count } = read(hex, meaning);

    expect(fault?.reason).toBe("ends too early, bytes missing: 1");
    expect(count).toBeLessThanOrEqual(1);
  });

  const tooMuch = "texts of more than 8388608 characters";

  it.each([
    ["a format", `00 00 80 00${"00".repeat(60_000)}`, [siteOf("x".repeat(200), 0)]],
    [
      "a named text in events",
      `00 40 95 01${"c0 00 95 01".repeat(9_000)}`,
      [siteOf("", 1), textOf("x".repeat(2_000))],
    ],
    [
      "a named text in one event",
      `00 40${"95 01".repeat(30_000)}`,
      [siteOf("", 30_000), textOf("\u00ff".repeat(2_000))],
    ],
    [
      "a named text in one inline event",
      `00 3f 02 00 01 b0ea01 00 00${"95 00".repeat(30_000)}`,
      [textOf("x".repeat(2_000))],
    ],
    [
      "values that are nothing",
      `00 40 ${"88".repeat(30_000)} 80 00${"00".repeat(30_000)}`,
      [siteOf("", 30_000)],
    ],
  ])("are refused where %s is repeated to more than 8 Mi characters", (_what, hex, meanings) => {
    const { fault, entries } = read(hex, ...meanings);

    expect(fault?.reason).toBe(tooMuch);
    expect(entries.length).toBeLessThan(45_000);
  });
});
