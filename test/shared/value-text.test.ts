import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Directive, parseFormat } from "../../shared/directive.ts";
import { cutText, show, showOf, textOf } from "../../shared/value-text.ts";
import { anyValue } from "../support/any-frame.ts";

const directiveOf = (format: string): Directive =>
  parseFormat(format).places[0]?.directive as Directive;

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

describe("cutText", () => {
  it("never cuts within a character", () => {
    expect([0, 1, 2, 3, 4].map((length) => cutText("a😀b", length))).toEqual([
      "",
      "a",
      "a",
      "a😀",
      "a😀b",
    ]);
  });
});

describe("showOf", () => {
  const kinds = fc.constantFrom(..."diufFeEgGaAsxXocjbp");
  const flags = fc.constantFrom("", "", "", "-", "+", " ", "0", "#", "-+ 0#");
  const size = fc.constantFrom("", "", "", "7", ".2", "9.3", ".");

  it("shows what `show` shows, on its shorter ways too", () => {
    fc.assert(
      fc.property(kinds, flags, size, anyValue(), (kind, flag, width, value) => {
        const directive = directiveOf(`%${flag}${width}${kind}`);

        expect(showOf(directive)(value)).toBe(show(value, directive));
      }),
      { numRuns: 5_000 },
    );
  });

  it.each(["%d", "%u", "%+u", "%x", "%+x", "%s", "%i"])("does so at the edges of %s", (format) => {
    const directive = directiveOf(format);
    const edges = [-0, -1, 1e21, 1e300, -1e21, 2 ** 31, 2 ** 32, 0.5, NaN, -Infinity, true, null];

    expect(edges.map(showOf(directive))).toEqual(edges.map((value) => show(value, directive)));
  });
});
