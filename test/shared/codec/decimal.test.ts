import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placesOf } from "../../../shared/codec/decimal.ts";

describe("placesOf", () => {
  it.each([
    [0.5, 1],
    [-21.25, 2],
    [3.125, 3],
    [0.0625, 4],
    [0.00001, 5],
    [0.000001, 6],
    [99_999_999.9, 1],
    [999.999999, 6],
  ])("counts the places of %d: %i", (value, places) => {
    expect(placesOf(value)).toBe(places);
  });

  it.each([
    ["an integer", 21],
    ["zero", 0],
    ["minus zero", -0],
    ["7 places", 1e-7],
    ["10 digits", 100_000_000.1],
    ["a sum that is no decimal", 0.1 + 0.2],
    ["a third", 1 / 3],
    ["a denormal", Number.MIN_VALUE],
    ["the largest", Number.MAX_VALUE],
    ["infinity", Number.POSITIVE_INFINITY],
    ["minus infinity", Number.NEGATIVE_INFINITY],
    ["no number", Number.NaN],
  ])("finds none in %s", (_what, value) => {
    expect(placesOf(value)).toBe(0);
  });

  it("finds those that text has", () => {
    const anyDecimal = fc.tuple(fc.integer({ min: -999_999_999, max: 999_999_999 }), fc.nat(6));

    fc.assert(
      fc.property(anyDecimal, ([digits, exponent]) => {
        const value = digits / 10 ** exponent;
        const text = value.toFixed(6).replace(/0+$/, "");

        expect(placesOf(value)).toBe(text.length - 1 - text.indexOf("."));
      }),
    );
  });
});
