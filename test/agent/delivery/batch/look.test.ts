import { describe, expect, it } from "vitest";
import { createLook } from "../../../../agent/delivery/batch/look.ts";
import { storedFrame } from "../../../support/any-batch.ts";

const framesOf = (...storedBytes: number[]) =>
  storedBytes.map((bytes, seq) => ({ ...storedFrame("pump", seq), storedBytes: bytes }));

const spoolWith = (...storedBytes: number[]) => {
  const limits: number[] = [];
  return {
    limits,
    async read(_lane: string, limitBytes: number) {
      limits.push(limitBytes);
      return framesOf(...storedBytes);
    },
    progressOf: async () => [],
  };
};

describe("look at a lane", () => {
  it("is three times as large as the last full batch, within 128 and 512 KiB", async () => {
    const spool = spoolWith(1);
    const look = createLook(spool);

    await look.forBatch("g:s");
    for (const bytes of [60_000, 10, 400_000]) {
      look.noteFull(framesOf(bytes / 2, bytes / 2));
      await look.forBatch("g:s");
    }

    expect(spool.limits).toEqual([524_288, 180_000, 131_072, 524_288]);
  });

  it("finds all that an intent may name, whatever batches took since", async () => {
    const spool = spoolWith(1);
    const look = createLook(spool);

    look.noteFull(framesOf(10));
    await look.forIntent("g:s");

    expect(spool.limits).toEqual([524_288]);
  });

  it("tells whether anything else waits", async () => {
    const all = await createLook(spoolWith(500_000, 24_288)).forBatch("g:s");
    const some = await createLook(spoolWith(500_000, 24_289)).forBatch("g:s");

    expect([all.isAll, some.isAll]).toEqual([true, false]);
  });
});
