import { format as formatOfNode } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countDirectives, directiveKinds, render, textOf } from "../../shared/render.ts";
import { anyText, anyValue } from "../support/any-frame.ts";

const anyFormat = (): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        fc.stringMatching(/^%[-+ 0#]{0,3}[0-9]{0,3}(\.[0-9]{0,3})?[a-zA-Z%]$/),
        fc.constantFrom("%", "%%", "%-", "%5", "%.", "\n", "\0"),
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
    expect(render("%d of %5s and %x", [1])).toBe("1 of %5s and %x");
  });

  it("shows values left over after a space each", () => {
    expect(render("done", [1, "two", null])).toBe("done 1 two null");
  });

  it("leaves directives it does not know, and their values to the end", () => {
    expect(render("%k %n %*d %lu", [7])).toBe("%k %n %*d %lu 7");
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

  it("never throws, and grows by little more than its values", () => {
    fc.assert(
      fc.property(anyFormat(), fc.array(anyValue(), { maxLength: 8 }), (format, values) => {
        const text = render(format, values);

        const valuesLength = values.reduce<number>((sum, value) => sum + textOf(value).length, 0);
        expect(text.length).toBeLessThanOrEqual(
          format.length + 6 * valuesLength + 1_100 * values.length,
        );
      }),
      { numRuns: 500 },
    );
  });

  it("cuts widths, so that no frame grows without bound", () => {
    expect(render("%999999999d", [1])).toHaveLength(64);
    expect(render("%0999999999d", [1])).toHaveLength(64);
  });

  it.each([
    `%${"0".repeat(65_536)}`,
    `%${"1".repeat(65_536)}`,
    `%.${"1".repeat(65_536)}`,
    "%0!".repeat(20_000),
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

describe("countDirectives", () => {
  it("counts the values that a format asks for", () => {
    expect(countDirectives("%d of %-5s at 100%% %k %")).toBe(2);
  });
});

describe("textOf", () => {
  it.each([
    [null, "null"],
    [true, "true"],
    [-0, "-0"],
    [0.1, "0.1"],
    [2 ** 53, "9007199254740992"],
    ["text", "text"],
    [new Uint8Array([0, 15, 255]), "000fff"],
    [{ json: "[1,2]" }, "[1,2]"],
  ])("shows %o as people read it", (value, text) => {
    expect(textOf(value)).toBe(text);
  });
});

describe("directiveKinds", () => {
  it("names the letter of each value", () => {
    expect(directiveKinds("%d of %-5s at 100%% %.2f %k %")).toEqual(["d", "s", "f"]);
  });
});
