import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLine } from "../../../../agent/delivery/schedule/line.ts";

describe("line", () => {
  it("gives names in the order they came, each once", () => {
    const line = createLine();

    for (const name of ["a", "b", "a", "c"]) line.join(name);

    expect([line.next(), line.next(), line.next(), line.next()]).toEqual([
      "a",
      "b",
      "c",
      undefined,
    ]);
  });

  it("lets a name join again once it was taken", () => {
    const line = createLine();

    line.join("a");
    line.next();
    line.join("a");

    expect([line.has("a"), line.size(), line.next()]).toEqual([true, 1, "a"]);
  });

  it("does what an array does, however many come and go", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.nat({ max: 3_000 }), fc.constant(null)), { maxLength: 5_000 }),
        (steps) => {
          const line = createLine();
          const model: string[] = [];

          for (const step of steps) {
            if (step === null) expect(line.next()).toBe(model.shift());
            else {
              line.join(`${step}`);
              if (!model.includes(`${step}`)) model.push(`${step}`);
            }
            expect(line.size()).toBe(model.length);
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  it("keeps its order when thousands have left it", () => {
    const line = createLine();

    for (let name = 0; name < 5_000; name++) line.join(`${name}`);
    for (let name = 0; name < 4_000; name++) line.next();

    expect([line.size(), line.next()]).toEqual([1_000, "4000"]);
  });
});
