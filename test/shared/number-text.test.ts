import { format as formatOfNode } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Directive, parseFormat } from "../../shared/directive.ts";
import { hexDigits, numberText, plainText } from "../../shared/number-text.ts";

const textOf = (directive: string, value: number): string =>
  numberText(value, parseFormat(directive).places[0]?.directive as Directive);

describe("plainText", () => {
  it("reads back as the same number", () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        expect(Object.is(Number(plainText(value)), value)).toBe(true);
      }),
    );
  });
});

describe("hexDigits", () => {
  it("gives the digits of the engine, also where it takes them in two halves", () => {
    fc.assert(
      fc.property(fc.oneof(fc.maxSafeNat(), fc.nat({ max: 0xffffffff })), (value) => {
        expect(hexDigits(value)).toBe(value.toString(16));
      }),
    );
    expect([0x7fffffff, 0x80000000, 0xffff0000, 0xffffffff, 2 ** 32].map(hexDigits)).toEqual([
      "7fffffff",
      "80000000",
      "ffff0000",
      "ffffffff",
      "100000000",
    ]);
  });
});

describe("numberText", () => {
  it("fills up with zeros, and leaves spaces to others", () => {
    expect(textOf("%05d", -42)).toBe("-0042");
    expect(textOf("%5d", -42)).toBe("-42");
  });

  it("prints integers as Node does", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(textOf("%d", value)).toBe(formatOfNode("%d", value));
        expect(textOf("%i", value)).toBe(formatOfNode("%i", value));
      }),
    );
  });

  it("shows a fraction where an integer is asked for", () => {
    expect(["%d", "%u", "%x", "%o"].map((directive) => textOf(directive, 21.7))).toEqual(
      new Array(4).fill("21.7"),
    );
  });

  it("cuts a fraction off under %i, as Node does", () => {
    expect(textOf("%i", -21.7)).toBe("-21");
  });

  it("has binary and addresses besides", () => {
    expect(textOf("%b", 10)).toBe("1010");
    expect(textOf("%#b", 10)).toBe("0b1010");
    expect(textOf("%p", 0x20001000)).toBe("0x20001000");
  });

  it("shows the infinities and NaN, never filled with zeros", () => {
    expect(textOf("%012f", Number.POSITIVE_INFINITY)).toBe("Infinity");
    expect(textOf("%d", Number.NEGATIVE_INFINITY)).toBe("-Infinity");
    expect(textOf("%x", Number.NaN)).toBe("NaN");
  });

  it("gives 100 decimals or digits at most, and no digits of numbers from 10^99 on", () => {
    expect(textOf("%.999999f", 1)).toHaveLength(102);
    expect(textOf("%.999999d", 7)).toHaveLength(100);
    expect(textOf("%f", 1e300)).toBe("1e+300");
    expect(textOf("%.100f", -9e98)).toHaveLength(201);
  });
});
