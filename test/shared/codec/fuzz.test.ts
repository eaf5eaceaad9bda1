import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeFrame } from "../../../shared/codec/encode.ts";
import { anyFrame } from "../../support/any-frame.ts";
import { anyDamaged, createTally, tryDecode } from "../../support/damaged-frames.ts";
import { createRandom } from "../../support/random.ts";

describe("decodeFrame under fuzz", () => {
  it("answers 50,000 damaged frames with a frame or a fault within the bytes", () => {
    const random = createRandom(7);
    const frames = fc.sample(anyFrame(), { seed: 7, numRuns: 200 }).map(encodeFrame);
    const tally = createTally();

    for (let round = 0; round < 50_000; round++) tryDecode(anyDamaged(frames, random), tally);

    expect(tally).toMatchObject({ frames: 50_000, thrown: 0, misplaced: 0 });
    expect(tally.ok).toBeGreaterThan(1_000);
    for (const count of Object.values(tally.faults)) expect(count).toBeGreaterThan(50);
  });
});
