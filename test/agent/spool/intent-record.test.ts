import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeIntent, encodeIntent } from "../../../agent/spool/intent-record.ts";
import type { IntentStamp } from "../../../agent/spool/spool.ts";
import { bootOf } from "../../support/any-receipt.ts";

const anyStamp = (): fc.Arbitrary<IntentStamp> =>
  fc
    .record(
      {
        epochMs: fc.nat({ max: 8_640_000_000_000_000 }),
        errorMs: fc.option(fc.nat()),
        quality: fc.constantFrom("synced" as const, "estimated" as const, "placed" as const),
        trueMs: fc.nat(),
        accepted: fc.nat(),
        refused: fc.string(),
      },
      { requiredKeys: ["epochMs", "errorMs", "quality"], noNullPrototype: true },
    )
    .map((stamp) => stamp as IntentStamp);

const intentWith = (stamps: IntentStamp[]) => ({
  lane: "g:s",
  group: "g",
  stream: "s",
  runs: [{ device: "pump", boot: bootOf(1), from: 3, stamps }],
});

describe("record of an intent", () => {
  it("gives the intent back as it was", () => {
    fc.assert(
      fc.property(fc.array(anyStamp()), (stamps) => {
        const intent = intentWith(stamps);

        expect(decodeIntent(encodeIntent(intent))).toEqual(intent);
      }),
    );
  });

  it("takes less than 6 bytes for each event of a steady stream", () => {
    const stamps = Array.from({ length: 5_000 }, (_, index) => ({
      epochMs: 1_800_000_000_000 + index * 20,
      errorMs: 3 + Math.floor(index / 100),
      quality: "synced" as const,
    }));

    expect(encodeIntent(intentWith(stamps)).length).toBeLessThan(30_000);
  });
});
