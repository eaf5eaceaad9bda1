import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { IntentStamp } from "../../../agent/spool/intent.ts";
import { packStamps, unpackStamps } from "../../../agent/spool/stamps.ts";

const anyMs = () =>
  fc.oneof(
    fc.nat({ max: 5_000 }),
    fc.nat({ max: 8_640_000_000_000_000 }),
    fc.double().map((ms) => ms + 0),
  );

const anyStamp = (): fc.Arbitrary<IntentStamp> =>
  fc
    .record(
      {
        epochMs: anyMs(),
        errorMs: fc.option(anyMs()),
        quality: fc.constantFrom("synced" as const, "estimated" as const, "placed" as const),
        trueMs: anyMs(),
        accepted: fc.nat(),
        refused: fc.string({ unit: "binary" }),
      },
      { requiredKeys: ["epochMs", "errorMs", "quality"], noNullPrototype: true },
    )
    .map((stamp) => stamp as IntentStamp);

describe("packed stamps", () => {
  it("give the stamps back bit by bit", () => {
    fc.assert(
      fc.property(fc.array(anyStamp()), (stamps) => {
        expect(unpackStamps(packStamps(stamps))).toEqual(stamps);
      }),
      { numRuns: 1_000 },
    );
  });

  it("take 3 bytes at most for each event of a steady stream", () => {
    const stamps = Array.from({ length: 5_000 }, (_, index) => ({
      epochMs: 1_800_000_000_000 + index * 20,
      errorMs: 3 + Math.floor(index / 100),
      quality: "synced" as const,
    }));

    expect(packStamps(stamps).length).toBeLessThan(3 * stamps.length + 16);
  });
});
