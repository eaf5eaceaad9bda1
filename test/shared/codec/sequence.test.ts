import { describe, expect, it } from "vitest";
import { type Outcome, runLossyBoots } from "../../support/lossy-boots.ts";

const scenarios = Number(process.env["CODEC_SCENARIOS"] ?? 2_000);

describe("frames of one boot", () => {
  it(`are read as logged, or not at all, over ${scenarios} networks that lose, double and reorder`, () => {
    const total = { read: 0, unready: 0, outdated: 0, lost: 0, replaced: 0, forgets: 0 };
    const broken: { seed: number; faults: string[] }[] = [];

    for (let seed = 0; seed < scenarios; seed++) {
      const outcome: Outcome = runLossyBoots(seed);
      for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += outcome[key];
      if (outcome.faults.length > 0) broken.push({ seed, faults: outcome.faults });
    }

    if (process.env["CODEC_SCENARIOS"])
      process.stderr.write(`${JSON.stringify(total)} ${broken.length}\n`);
    expect(broken.slice(0, 3)).toEqual([]);
    for (const count of Object.values(total)) expect(count).toBeGreaterThan(0);
  }, 3_600_000);
});
