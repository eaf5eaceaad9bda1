import { describe, expect, it } from "vitest";
import { createReclaim } from "../../../../agent/spool/level/reclaim.ts";
import type { StoredFrame } from "../../../../agent/spool/spool.ts";
import { newFrame } from "../../../support/any-receipt.ts";

const mebibyte = 1_048_576;

/** A store that notes what is compacted; keys that lie apart count as this many bytes. */
const fakeCompactable = (betweenBytes: number) => {
  const compacted: string[] = [];
  const reclaim = createReclaim({
    async compactRange(start, end) {
      if (start !== "") compacted.push(`${start} ${end}`);
    },
    approximateSize: async () => betweenBytes,
  });
  return { compacted, reclaim };
};

const frameAt = (position: number, mebibytes: number): StoredFrame => ({
  ...newFrame("pump", position),
  position,
  storedBytes: mebibytes * mebibyte,
});

describe("reclaiming", () => {
  it("begins once 16 MiB were deleted, of the range where they were", async () => {
    const { compacted, reclaim } = fakeCompactable(0);

    reclaim.note("g:a", [frameAt(0, 15)]);
    reclaim.run(0, false);
    const early = [...compacted];
    reclaim.note("g:a", [frameAt(7, 1)]);
    reclaim.run(0, false);
    await reclaim.ended();

    expect(early).toEqual([]);
    expect(compacted).toEqual(["f/g%3Aa/00000000000000 f/g%3Aa/00000000000008"]);
  });

  it("waits until as much was deleted as still waits", async () => {
    const { compacted, reclaim } = fakeCompactable(0);

    reclaim.note("g:a", [frameAt(0, 20)]);
    reclaim.run(21 * mebibyte, false);
    await reclaim.ended();
    const early = [...compacted];
    reclaim.run(20 * mebibyte, false);
    await reclaim.ended();

    expect(early).toEqual([]);
    expect(compacted).toHaveLength(1);
  });

  it("begins with 1 MiB while the disk is low", async () => {
    const { compacted, reclaim } = fakeCompactable(0);

    reclaim.note("g:a", [frameAt(0, 1)]);
    reclaim.run(100 * mebibyte, true);
    await reclaim.ended();

    expect(compacted).toHaveLength(1);
  });

  it("takes neighbouring lanes together, but no more than 8 MiB at a time", async () => {
    const together = fakeCompactable(8 * mebibyte);
    const apart = fakeCompactable(8 * mebibyte + 1);

    for (const { reclaim } of [together, apart]) {
      reclaim.note("g:b", [frameAt(0, 16)]);
      reclaim.note("g:a", [frameAt(0, 16)]);
      reclaim.run(0, false);
      await reclaim.ended();
    }

    expect(together.compacted).toEqual(["f/g%3Aa/00000000000000 f/g%3Ab/00000000000001"]);
    expect(apart.compacted).toHaveLength(2);
  });

  it("does not begin again while it runs, and forgets nothing meanwhile", async () => {
    const { compacted, reclaim } = fakeCompactable(0);
    reclaim.note("g:a", [frameAt(0, 16)]);
    reclaim.run(0, false);

    reclaim.note("g:a", [frameAt(1, 16)]);
    reclaim.run(0, false);
    await reclaim.ended();
    reclaim.run(0, false);
    await reclaim.ended();

    expect(compacted.map((range) => range.at(-1))).toEqual(["1", "2"]);
  });
});
