import { describe, expect, it } from "vitest";
import { asideLane } from "../../agent/spool/aside.ts";
import type { Spool, StoredFrame } from "../../agent/spool/spool.ts";
import { bootOf, newFrame, recordOf } from "../support/any-receipt.ts";
import { definitionOf, meaningOf } from "../support/headed-frame.ts";
import {
  append,
  everything,
  type OpenSpool,
  settlementOf,
  spoolOpener,
} from "../support/opened-spool.ts";

const lane = "g:pump";
const hash = "3f00000000000001";
const aside = asideLane(lane, hash);
const seqsOf = (frames: StoredFrame[]): number[] => frames.map(({ from }) => from);

const store = async (spool: Spool, seqs: readonly number[]): Promise<void> => {
  for (const seq of seqs) await append(spool, newFrame("pump", seq, { dictionary: hash }));
};
const moveAll = async (spool: Spool, epochMs = 7): Promise<void> =>
  spool.setAside(lane, hash, await spool.read(lane, everything), epochMs);
const deliver = async (spool: Spool, from: string): Promise<void> =>
  spool.settle(settlementOf(from, await spool.read(from, everything)));

/** What every spool promises of frames that are set aside. */
export const spoolAsideContract = (name: string, openSpool: OpenSpool): void => {
  describe(`frames set aside in ${name}`, () => {
    const { open, openTwice } = spoolOpener(openSpool);

    it("are at the end of their own lane, with the time, and are there after opening again", async () => {
      const spool = await openTwice(async (before) => {
        await store(before, [0, 1]);
        await moveAll(before, 5);
        await store(before, [2]);
        await moveAll(before, 6);
        await store(before, [3]);
      });

      const frames = await spool.read(aside, everything);
      expect(spool.lanes().sort()).toEqual([lane, aside]);
      expect(seqsOf(frames)).toEqual([0, 1, 2]);
      expect(frames.map(({ asideMs }) => asideMs)).toEqual([5, 5, 6]);
      expect(frames[0]).toMatchObject({ lane: aside, device: "pump", dictionary: hash });
      expect(seqsOf(await spool.read(lane, everything))).toEqual([3]);
    });

    it("are counted among all, and apart", async () => {
      const spool = await open();
      await store(spool, [0, 1]);

      const before = spool.usage();
      await moveAll(spool);
      const waiting = spool.usage();
      await deliver(spool, aside);

      expect(before).toMatchObject({ frames: 2, asideBytes: 0 });
      expect(waiting).toMatchObject({ frames: 2, asideBytes: waiting.bytes });
      expect(waiting.bytes).toBe(spool.usage().bytes + waiting.asideBytes);
      expect(spool.usage()).toMatchObject({ frames: 0, asideBytes: 0 });
    });

    it("share their boots' progress with the lane they are from", async () => {
      const spool = await open();
      await store(spool, [0, 1]);
      const [first] = await spool.read(lane, everything);
      await spool.settle(settlementOf(lane, first ? [first] : []));

      await moveAll(spool);
      const waiting = await spool.progressOf(aside, [{ device: "pump", boot: bootOf(1) }]);
      await deliver(spool, aside);

      expect(waiting).toMatchObject([{ next: 1 }]);
      expect(await spool.progress(lane)).toMatchObject([{ next: 2 }]);
      expect(await spool.progress(aside)).toMatchObject([{ next: 2 }]);
    });

    it("keep what they need of a boot that is forgotten, while the lane goes on without them", async () => {
      const spool = await openTwice(async (before) => {
        const frame = newFrame("pump", 0, { dictionary: hash });
        const definitions = { added: [definitionOf(0)], retired: [], held: [[0, 6]] };
        await before.append(frame, recordOf(frame), {
          isNewDevice: true,
          forget: [],
          definitions: definitions as never,
        });
        await moveAll(before);
        const newer = newFrame("pump", 0, { boot: bootOf(2) });
        await before.append(newer, recordOf(newer, 2), {
          isNewDevice: false,
          forget: [{ boot: bootOf(1), lane }],
        });
        await deliver(before, lane);
      });
      const lookup = () => spool.lookup("pump", bootOf(1))(0);
      const waiting = lookup();

      await deliver(spool, aside);

      expect(waiting).toEqual(meaningOf(0));
      expect(lookup()).toBeUndefined();
    });
  });
};
