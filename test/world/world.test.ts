import { describe, expect, it } from "vitest";
import { sabotages } from "./sabotage.ts";
import { firstCaught, runWorld } from "./world.ts";

const seeds = 300;

describe("simulated world", () => {
  it("balances its books whatever the seed", { timeout: 300_000 }, async () => {
    const unbalanced: string[] = [];
    for (let seed = 1; seed <= seeds; seed++) {
      const { faults } = await runWorld(seed);
      if (faults.length > 0) unbalanced.push(`seed ${seed}: ${faults[0]}`);
    }

    expect(unbalanced).toEqual([]);
  });

  it("is the same for the same seed", async () => {
    const stories: string[][] = [[], []];
    for (const story of stories) await runWorld(7, { onStory: (line) => story.push(line) });

    expect(stories[0]?.length).toBeGreaterThan(100);
    expect(stories[1]).toEqual(stories[0]);
  });
});

describe("books of a simulated world", () => {
  it.each(Object.entries(sabotages))(
    "do not balance where %s",
    { timeout: 300_000 },
    async (_, sabotage) => {
      const found = await firstCaught(sabotage, seeds);

      expect(found).not.toBeNull();
    },
  );
});
