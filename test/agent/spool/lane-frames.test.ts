import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { frameKey } from "../../../agent/spool/keys.ts";
import { createLaneFrames } from "../../../agent/spool/lane-frames.ts";
import { createLanes } from "../../../agent/spool/lanes.ts";
import { encodeStored, storedAt } from "../../../agent/spool/record.ts";
import type { StoredFrame } from "../../../agent/spool/spool.ts";
import { newFrame } from "../../support/any-receipt.ts";
import { fakeStore } from "../../support/fake-store.ts";

const everything = Number.MAX_SAFE_INTEGER;

/** Lanes over a store that counts how often it is read. */
const startFrames = (keptBytes?: number) => {
  const { store, disk, reads } = fakeStore();
  const lanes = createLanes({ limitBytes: everything, laneShare: 1, limitLanes: 100 });
  const frames = createLaneFrames({ store, lanes, ...(keptBytes && { keptBytes }) });
  let seq = 0;
  const waiting = new Map<string, StoredFrame[]>();
  const inLane = (lane: string): StoredFrame[] => waiting.get(lane) ?? [];
  return {
    frames,
    reads,
    inLane,
    append(lane: string): void {
      const frame = newFrame("pump", seq++, { lane });
      const record = encodeStored(frame);
      const position = lanes.add(lane, record.length);
      const stored = storedAt(frame, position, record);
      frames.append(stored);
      disk.set(frameKey(lane, position), record);
      waiting.set(lane, [...inLane(lane), stored]);
    },
    remove(lane: string, isGone: (index: number) => boolean): void {
      const gone = inLane(lane).filter((_, index) => isGone(index));
      lanes.remove(lane, gone);
      frames.remove(lane, gone);
      for (const { position } of gone) disk.delete(frameKey(lane, position));
      waiting.set(
        lane,
        inLane(lane).filter((frame) => !gone.includes(frame)),
      );
    },
    /** As an agent that was restarted: nothing is in memory. */
    reopened: () => createLaneFrames({ store, lanes }),
  };
};

const seqs = (frames: StoredFrame[]): number[] => frames.map(({ from }) => from);

describe("frames of a lane", () => {
  it("are read without the store while they are fresh", async () => {
    const rig = startFrames();

    for (let round = 0; round < 3; round++) {
      rig.append("a");
      rig.append("a");
      expect(seqs(await rig.frames.read("a", everything))).toHaveLength(2);
      rig.remove("a", () => true);
    }

    expect(rig.reads()).toBe(0);
  });

  it("are the same from the store as from memory", async () => {
    const rig = startFrames();
    rig.append("a");

    const [fromMemory] = await rig.frames.read("a", everything);
    const [fromStore] = await rig.reopened().read("a", everything);

    const bytesOf = (frame: StoredFrame | undefined) => Buffer.from(frame?.bytes ?? []);
    expect({ ...fromStore, bytes: bytesOf(fromStore) }).toEqual({
      ...fromMemory,
      bytes: bytesOf(fromMemory),
    });
  });

  it.each([
    ["one by one", 8, 8],
    ["as one range", 9, 1],
  ])(
    "are read once from the store, %s where they are %i, then from memory",
    async (_, count, reads) => {
      const rig = startFrames();
      for (let each = 0; each < count; each++) rig.append("a");
      const frames = rig.reopened();

      await frames.read("a", everything);
      const again = await frames.read("a", everything);

      expect(again).toHaveLength(count);
      expect(rig.reads()).toBe(reads);
    },
  );

  it("are read on from where memory ends", async () => {
    const rig = startFrames();
    for (let count = 0; count < 5; count++) rig.append("a");
    const frames = rig.reopened();
    const [first] = await frames.read("a", 1);

    const all = await frames.read("a", everything);

    expect(first?.from).toBe(0);
    expect(seqs(all)).toEqual([0, 1, 2, 3, 4]);
  });

  it("give way to those of lanes used later, and are in the store all the same", async () => {
    const rig = startFrames(1_500);
    for (const lane of ["a", "b", "c", "d"]) rig.append(lane);

    const [old, fresh] = [
      await rig.frames.read("a", everything),
      await rig.frames.read("d", everything),
    ];

    expect([seqs(old), seqs(fresh)]).toEqual([[0], [3]]);
    expect(rig.reads()).toBeGreaterThan(0);
  });

  it("are those of the store, whatever is stored, read and delivered, and kept in memory", async () => {
    const anyStep = fc.record({
      lane: fc.constantFrom("a", "b", "c"),
      kind: fc.constantFrom(
        "append" as const,
        "append" as const,
        "read" as const,
        "remove" as const,
      ),
      limitBytes: fc.constantFrom(1, 300, everything),
      isGone: fc.func(fc.boolean()),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyStep, { maxLength: 40 }),
        fc.constantFrom(1, 1_500, 4_000, everything),
        async (steps, keptBytes) => {
          const rig = startFrames(keptBytes);
          for (const { lane, kind, limitBytes, isGone } of steps) {
            if (kind === "append") rig.append(lane);
            else if (kind === "remove") rig.remove(lane, isGone);
            else {
              const found = seqs(await rig.frames.read(lane, limitBytes));
              const all = seqs(rig.inLane(lane));
              expect(found).toEqual(all.slice(0, found.length));
              expect(found.length).toBeGreaterThanOrEqual(Math.min(1, all.length));
              if (limitBytes === everything) expect(found).toEqual(all);
            }
          }
        },
      ),
    );
  });
});
