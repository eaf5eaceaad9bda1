import { describe, expect, it } from "vitest";
import {
  countDirectives,
  directiveKinds,
  givenDirective,
  type Place,
  parseFormat,
} from "../../shared/directive.ts";

const placeOf = (format: string): Place => parseFormat(format).places[0] as Place;

describe("parseFormat", () => {
  it("finds directives and the text between them", () => {
    const { places, tail, plain } = parseFormat("at %5d%% of %s, %k");

    expect(places.map(({ from, before, whole }) => [from, before, whole])).toEqual([
      [0, "at ", "%5d"],
      [6, "% of ", "%s"],
    ]);
    expect(tail).toBe(", %k");
    expect(plain).toBe("at %5d% of %s, %k");
  });

  it("takes a directive apart", () => {
    expect(placeOf("%+#08.3lf").directive).toEqual({
      kind: "f",
      isLeft: false,
      isZeroed: true,
      sign: "+",
      isAlternate: true,
      width: 8,
      precision: 3,
    });
  });

  it.each(["hh", "h", "l", "ll", "L", "q", "t", "z"])("reads over the length %s", (length) => {
    expect(placeOf(`%-5.2${length}d`).directive).toEqual(placeOf("%-5.2d").directive);
  });

  it("reads 256 directives, and what follows as text", () => {
    const { places, tail } = parseFormat("%d".repeat(258));

    expect(places).toHaveLength(256);
    expect(tail).toBe("%d%d");
  });

  it("cuts widths to 64", () => {
    expect(placeOf("%999999999d").directive.width).toBe(64);
    expect(placeOf(`%${"9".repeat(60_000)}d`).directive.width).toBe(64);
  });
});

describe("directiveKinds", () => {
  it("names the letter of each value", () => {
    expect(directiveKinds("%d of %-5s at 100%% %.2f %k %")).toEqual(["d", "s", "f"]);
    expect(directiveKinds("%*x %.*lf")).toEqual(["d", "x", "d", "f"]);
  });
});

describe("countDirectives", () => {
  it("counts the values that a format asks for", () => {
    expect(countDirectives("%d of %-5s at 100%% %k %")).toBe(2);
    expect(countDirectives("%*d %.*f %*.*f")).toBe(7);
  });
});

describe("givenDirective", () => {
  it.each([
    ["%*d", [6], "%6d"],
    ["%*d", [-6], "%-6d"],
    ["%0*d", [-0], "%0d"],
    ["%.*f", [2], "%.2f"],
    ["%.*f", [-2], "%f"],
    ["%*.*f", [-9, -1], "%-9f"],
    ["%*.*s", [9, 1e300], "%9.1000000000s"],
    ["%*d", [Number.NEGATIVE_INFINITY], "%-64d"],
  ])("fills %s with %o as if it were %s", (format, values, written) => {
    expect(givenDirective(placeOf(format), values, 0)).toEqual(placeOf(written).directive);
  });

  it("is none where a width or precision is no integer", () => {
    expect(givenDirective(placeOf("%*d"), ["6"], 0)).toBeNull();
    expect(givenDirective(placeOf("%*.*f"), [6, 1.5], 0)).toBeNull();
    expect(givenDirective(placeOf("%*d"), [Number.NaN], 0)).toBeNull();
  });
});
