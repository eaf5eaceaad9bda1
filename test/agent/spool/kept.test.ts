import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createKept } from "../../../agent/spool/kept.ts";

describe("what is kept in memory", () => {
  it("is what was used last, within the limit", () => {
    const kept = createKept<string>(3);
    kept.set("a", "1", 1);
    kept.set("b", "2", 1);
    kept.get("a");

    kept.set("c", "3", 2);

    expect(["a", "b", "c"].map(kept.get)).toEqual(["1", undefined, "3"]);
  });

  it("takes the place of what it was before", () => {
    const kept = createKept<string>(3);
    kept.set("a", "1", 3);

    kept.set("a", "2", 1);

    expect(kept.get("a")).toBe("2");
    expect(kept.size()).toBe(1);
  });

  it("is not what exceeds the limit alone, nor what was there before it", () => {
    const kept = createKept<string>(3);
    kept.set("a", "1", 1);
    kept.set("b", "2", 1);

    kept.set("a", "larger", 4);

    expect([kept.get("a"), kept.get("b")]).toEqual([undefined, "2"]);
  });

  it("never exceeds the limit", () => {
    const anySets = fc.array(fc.tuple(fc.constantFrom("a", "b", "c", "d"), fc.nat({ max: 9 })));
    fc.assert(
      fc.property(anySets, (sets) => {
        const kept = createKept<number>(12);
        for (const [key, size] of sets) kept.set(key, size, size);

        const values = ["a", "b", "c", "d"].map((key) => kept.get(key) ?? 0);

        expect(values.reduce((sum, value) => sum + value, 0)).toBe(kept.size());
        expect(kept.size()).toBeLessThanOrEqual(12);
      }),
    );
  });
});
