import { format as formatOfNode } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countDirectives } from "../../shared/directive.ts";
import type { Value } from "../../shared/event.ts";
import { compileFormat, render, textLimitCharacters } from "../../shared/render.ts";
import { textOf } from "../../shared/value-text.ts";
import { anyText, anyValue } from "../support/any-frame.ts";
import { asInC, asInOneOfThem } from "./printf-cases.ts";

const anyFormat = (): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        fc.stringMatching(/^%[-+ 0#]{0,3}([0-9]{0,3}|\*)(\.([0-9]{0,3}|\*))?[hlz]?[a-zA-Z%]$/),
        fc.constantFrom("%", "%%", "%d", "%s", "%x", "%.2f", "%-", "%5", "%.", "\n", "\0"),
        anyText(),
      ),
      { maxLength: 8 },
    )
    .map((parts) => parts.join(""));

describe("render", () => {
  it("puts values in their places", () => {
    expect(render("temp %d of %s", [21, "inlet"])).toBe("temp 21 of inlet");
  });

  it("leaves a format without values as it is", () => {
    expect(render("50% of %d at 100%%", [])).toBe("50% of %d at 100%%");
  });

  it("shows a missing value as its directive", () => {
    expect(render("%d of %5s%% and %x", [1])).toBe("1 of %5s% and %x");
  });

  it("shows values left over after a space each", () => {
    expect(render("done", [1, "two", null])).toBe("done 1 two null");
  });

  it("leaves directives it does not know, and their values to the end", () => {
    expect(render("%k %n %1$d %lk %d", [7, 8])).toBe("%k %n %1$d %lk 7 8");
  });

  it.each(asInC)("prints %s of %o as C does", (format, values, text) => {
    expect(render(format, values)).toBe(text);
  });

  it.each(asInOneOfThem)("shows %s of %o as %s; C %o, Node %o", (format, value, text, _c, node) => {
    expect(render(format, [value])).toBe(text);
    expect(formatOfNode(format, value)).toBe(node);
  });

  it("takes width and precision from the values", () => {
    expect(render("%*d|%.*f|%s", [5, 42, 1, 2.75, "on"])).toBe("   42|2.8|on");
  });

  it("leaves a directive with `*` standing where its values are too few or no integers", () => {
    expect(render("%*d", [5])).toBe("%*d 5");
    expect(render("%*d", ["wide", 5])).toBe("%*d wide 5");
    expect(render("%d: %.*f of %d", [7, 1.5, 2])).toBe("7: %.*f of %d 1.5 2");
    expect(render("%d: %.*f of %d", [7, 2])).toBe("7: %.*f of %d 2");
  });

  it.each([
    ["%d", "hot", "hot"],
    ["%x", null, "null"],
    ["%f", { json: "[1]" }, "[1]"],
    ["%d", new Uint8Array([1, 255]), "01ff"],
    ["%c", "text", "text"],
    ["%c", -1, "-1"],
    ["%c", 1.5, "1.5"],
    ["%c", 1e9, "1000000000"],
  ])("shows under %s a value of the wrong kind, %o, as it is", (format, value, text) => {
    expect(render(format, [value])).toBe(text);
  });

  it.each([
    ["%5d|", 42, "   42|"],
    ["%-5s|", "ab", "ab   |"],
    ["%5s|", "ab", "   ab|"],
    ["%-5d|", 42, "42   |"],
    ["%05d|", 42, "00042|"],
    ["%05s|", "ab", "   ab|"],
    ["%.2s|", "abc", "ab|"],
    ["%5.1s|", "abc", "    a|"],
    ["%3c|", 65, "  A|"],
    ["%-8.2f|", 2.71, "2.71    |"],
    ["%010f|", Number.NaN, "       NaN|"],
    ["%#6x|", 255, "  0xff|"],
  ])("fills %s of %o with spaces where C does", (format, value, text) => {
    expect(render(format, [value])).toBe(text);
  });

  it("renders characters beyond 16 bits", () => {
    expect(render("%c%c", [0x41, 0x1f600])).toBe("A😀");
  });

  it("renders booleans as numbers where a number is asked for, else as words", () => {
    expect(render("%d %x %s", [true, false, true])).toBe("1 0 true");
  });

  it("renders JSON with %j: texts in quotes, objects as they came", () => {
    expect(render("%j %j %j", ['say "hi"', { json: '{"a":1}' }, 5])).toBe(
      '"say \\"hi\\"" {"a":1} 5',
    );
  });

  it("prints one sign for two in a format with values", () => {
    expect(render("%d%% done", [50])).toBe("50% done");
  });

  it("agrees with Node on texts, integers, JSON of either, and percent signs", () => {
    const anyPlace = fc.oneof(
      fc.tuple(fc.constantFrom("%d", "%i", "%s", "%j"), fc.integer()),
      fc.tuple(fc.constantFrom("%s", "%j"), fc.string()),
    );
    const anyLiteral = fc.constantFrom("", " ", "%%", "=", "is ");
    const anyPlaces = fc.array(fc.tuple(anyPlace, anyLiteral), { minLength: 1 });

    fc.assert(
      fc.property(anyPlaces, fc.array(fc.string()), (places, leftOver) => {
        const format = places.map(([[directive], literal]) => directive + literal).join("");
        const values = [...places.map(([[, value]]) => value), ...leftOver];

        expect(render(format, values)).toBe(formatOfNode(format, ...values));
      }),
    );
  });

  it("never throws, renders the same again, and grows by little more than its values", () => {
    fc.assert(
      fc.property(anyFormat(), fc.array(anyValue(), { maxLength: 8 }), (format, values) => {
        const text = render(format, values);

        const compiled = compileFormat(format);
        const valuesLength = values.reduce<number>((sum, value) => sum + textOf(value).length, 0);
        expect([compiled(values), compiled(values), render(format, values)]).toEqual(
          new Array(3).fill(text),
        );
        expect(text.length).toBeLessThanOrEqual(
          format.length + 6 * valuesLength + 210 * values.length,
        );
      }),
      { numRuns: 2_000 },
    );
  });

  it("renders the same after more formats than it keeps", () => {
    const formats = Array.from({ length: 3_000 }, (_, index) => `${"=".repeat(index)} %d of %s`);

    for (const format of [...formats, ...formats, "__proto__", "constructor"]) {
      const text = render(format, [1, "two"]);
      expect(text === compileFormat(format)([1, "two"])).toBe(true);
    }
  });

  it.each([
    ["%999999999d", 1, 64],
    ["%0999999999d", 1, 64],
    ["%-999999999s", "text", 64],
    ["%.999999f", 1, 102],
    ["%.999999e", 1, 106],
    ["%.999999d", 7, 100],
    ["%.1000s", "x".repeat(5_000), 1_000],
  ])("cuts width and precision of %s", (format, value, length) => {
    expect(render(format, [value])).toHaveLength(length);
  });

  const worst: [what: string, format: string, values: Value[]][] = [
    ["a text repeated", "%s".repeat(1_000), new Array(1_000).fill("😀".repeat(10_000))],
    ["widths and a text", `%64d%s${"%99s".repeat(200)}`, [7, "x".repeat(300_000)]],
    ["values left over", "text", new Array(1_000).fill("x".repeat(60_000))],
    ["a format of its own", "x".repeat(300_000), []],
  ];

  it.each(worst)("cuts a text that %s make too long, and says so", (_what, format, values) => {
    const text = render(format, values);

    expect(text.length).toBeLessThanOrEqual(textLimitCharacters);
    expect(text.length).toBeGreaterThanOrEqual(textLimitCharacters - 1);
    expect(text.endsWith("… (cut)")).toBe(true);
    expect(Buffer.from(text).toString()).toBe(text);
  });

  it.each([
    ["%64d", 1, 256 * 64 + 15_104 * 4 + 15_104 * 2],
    ["%.100f", -9e98, 256 * 201 + 15_104 * 6 + 15_104 * 7],
  ])("renders 256 directives of a frame full of %s", (directive, value, length) => {
    expect(render(directive.repeat(15_360), new Array(15_360).fill(value))).toHaveLength(length);
  });

  it("takes time in proportion to the values, not to a format without them", () => {
    const format = "%d%*d".repeat(6_000);

    for (let times = 0; times < 10_000; times++) render(format, [times, "wide", times]);
  }, 2_000);

  it("leaves a text at the limit whole", () => {
    const text = "x".repeat(textLimitCharacters);

    expect([render(text, []), render("%s", [text])].map((whole) => whole === text)).toEqual([
      true,
      true,
    ]);
  });

  it.each([
    `%${"0".repeat(65_536)}`,
    `%${"1".repeat(65_536)}`,
    `%.${"1".repeat(65_536)}`,
    `%.${"*".repeat(65_536)}`,
    `%${"l".repeat(65_536)}`,
    "%0!".repeat(20_000),
    "%*.*ll".repeat(10_000),
    "%-+ 0#!".repeat(9_000),
  ])(
    "takes time in proportion to a hostile format",
    (format) => {
      expect(render(format, [1]) === `${format} 1`).toBe(true);
      expect(countDirectives(format)).toBe(0);
    },
    2_000,
  );
});
