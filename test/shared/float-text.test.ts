import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Directive, parseFormat } from "../../shared/directive.ts";
import { floatDigits, zeros } from "../../shared/float-text.ts";

const digitsOf = (directive: string, magnitude: number): string =>
  floatDigits(magnitude, parseFormat(directive).places[0]?.directive as Directive);

/** The exact value of a double, rounded half to even in integers. */
const exactFixed = (magnitude: number, decimals: number): string => {
  let dividend = magnitude;
  let halvings = 0n;
  for (; dividend % 1 !== 0; halvings++) dividend *= 2;
  const scaled = BigInt(dividend) * 10n ** BigInt(decimals);
  const divisor = 2n ** halvings;
  const twice = (scaled % divisor) * 2n;
  const down = scaled / divisor;
  const isUp = twice > divisor || (twice === divisor && down % 2n === 1n);
  const digits = String(isUp ? down + 1n : down).padStart(decimals + 1, "0");
  const point = digits.length - decimals;
  return decimals === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
};

describe("zeros", () => {
  it("are as many as asked for, from none to 100", () => {
    expect([-1, 0, 3].map(zeros)).toEqual(["", "", "000"]);
    expect(zeros(1_000)).toHaveLength(100);
  });
});

describe("floatDigits", () => {
  it("round the exact value, and ties to the even digit", () => {
    const anyTie = fc
      .tuple(fc.nat({ max: 1 << 20 }), fc.integer({ min: 1, max: 20 }))
      .map(([number, halvings]) => number / 2 ** halvings);
    const anyMagnitude = fc.oneof(anyTie, fc.double({ min: 0, max: 1e20, noNaN: true }));

    fc.assert(
      fc.property(anyMagnitude, fc.nat({ max: 21 }), (magnitude, decimals) => {
        expect(digitsOf(`%.${decimals}f`, magnitude)).toBe(exactFixed(magnitude, decimals));
      }),
      { numRuns: 2_000 },
    );
  });

  it("read back as the same number with 17 digits", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }), (magnitude) => {
        expect(Number(digitsOf("%.16e", magnitude))).toBe(magnitude);
        expect(Number(digitsOf("%.17g", magnitude))).toBe(magnitude);
      }),
    );
  });

  it("keep the zeros of %#g where rounding adds a digit, as the standard says and glibc does not", () => {
    expect(digitsOf("%#g", 999_999.5)).toBe("1.00000e+06");
  });
});
