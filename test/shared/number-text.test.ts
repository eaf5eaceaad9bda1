import { format as formatOfNode } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { numberText, plainText } from "../../shared/number-text.ts";

/** `%+08.3f` taken apart. */
const textOf = (directive: string, value: number): string => {
  const [, flags = "", width, precision, kind = ""] =
    /^%([-+ 0#]*)([1-9]\d*)?(?:\.(\d*))?(.)$/.exec(directive) ?? [];
  return numberText(value, {
    flags,
    width: Number(width ?? 0),
    precision: precision === undefined ? -1 : Number(precision),
    kind,
  });
};

describe("plainText", () => {
  it("reads back as the same number", () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        expect(Object.is(Number(plainText(value)), value)).toBe(true);
      }),
    );
  });
});

/** What glibc prints. */
const asInC: [string, number, string][] = [
  ["%d", 0, "0"],
  ["%d", -5, "-5"],
  ["%+d", 5, "+5"],
  ["% d", 5, " 5"],
  ["%+d", -5, "-5"],
  ["%05d", 42, "00042"],
  ["%05d", -42, "-0042"],
  ["% 05d", 42, " 0042"],
  ["%-05d", 42, "42"],
  ["%.3d", 7, "007"],
  ["%08.3d", 7, "007"],
  ["%.0d", 0, ""],
  ["%i", 12, "12"],
  ["%u", 4294967295, "4294967295"],
  ["%+u", 7, "7"],
  ["%x", 255, "ff"],
  ["%X", 255, "FF"],
  ["%#x", 255, "0xff"],
  ["%#X", 255, "0XFF"],
  ["%#x", 0, "0"],
  ["%#06x", 255, "0x00ff"],
  ["%04x", 31, "001f"],
  ["%+x", 31, "1f"],
  ["%x", -1, "ffffffff"],
  ["%o", 8, "10"],
  ["%#o", 8, "010"],
  ["%#o", 0, "0"],
  ["%o", -1, "37777777777"],
  ["%f", 1.5, "1.500000"],
  ["%f", -0, "-0.000000"],
  ["%.2f", 2.7165, "2.72"],
  ["%.0f", 0.5, "0"],
  ["%.0f", 1.5, "2"],
  ["%.0f", 2.5, "2"],
  ["%.1f", 0.25, "0.2"],
  ["%.2f", 1.005, "1.00"],
  ["%.2f", 0.125, "0.12"],
  ["%.2f", 0.375, "0.38"],
  ["%#.0f", 3, "3."],
  ["%+.1f", 2, "+2.0"],
  ["%08.2f", -2.71, "-0002.71"],
  ["%.1f", 1e22, "10000000000000000000000.0"],
  ["%.0f", 2 ** 70, "1180591620717411303424"],
  ["%.20f", 0.1, "0.10000000000000000555"],
  ["%e", 12345.678, "1.234568e+04"],
  ["%.3e", 12345, "1.234e+04"],
  ["%.0e", 2.5, "2e+00"],
  ["%.0e", 9.5, "1e+01"],
  ["%E", 1e-10, "1.000000E-10"],
  ["%e", 1e300, "1.000000e+300"],
  ["%#.0e", 1, "1.e+00"],
  ["%g", 100000, "100000"],
  ["%g", 1000000, "1e+06"],
  ["%g", 1234565, "1.23456e+06"],
  ["%g", 0.0001, "0.0001"],
  ["%g", 0.00001, "1e-05"],
  ["%G", 1e-20, "1E-20"],
  ["%.3g", 2.7149, "2.71"],
  ["%.0g", 25, "2e+01"],
  ["%#g", 1, "1.00000"],
  ["%g", 0, "0"],
];

describe("numberText", () => {
  it.each(asInC)("prints %s of %d as C does", (directive, value, text) => {
    expect(textOf(directive, value)).toBe(text);
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

  it("gives 100 decimals at most, and no digits of numbers from 10^99 on", () => {
    expect(textOf("%.500f", 1)).toHaveLength(102);
    expect(textOf("%f", 1e300)).toBe("1e+300");
    expect(textOf("%f", 9e98)).toHaveLength(106);
  });
});
