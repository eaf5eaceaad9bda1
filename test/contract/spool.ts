import { describe, expect, it } from "vitest";
import type { Intent } from "../../agent/spool/intent.ts";
import type { StoredFrame } from "../../agent/spool/spool.ts";
import { packStamps } from "../../agent/spool/stamps.ts";
import { bootOf, newFrame, recordOf } from "../support/any-receipt.ts";
import {
  append,
  everything,
  type OpenSpool,
  settlementOf,
  spoolOpener,
} from "../support/opened-spool.ts";
import { spoolAsideContract } from "./spool-aside.ts";
import { spoolBoundsContract } from "./spool-bounds.ts";
import { spoolDefinitionsContract } from "./spool-definitions.ts";

const seqsOf = (frames: StoredFrame[]): number[] => frames.map(({ from }) => from);

const intentOf = (lane: string): Intent => ({
  lane,
  group: "g",
  stream: "pump",
  runs: [
    {
      device: "pump",
      boot: bootOf(1),
      from: 0,
      end: 1,
      stamps: packStamps([{ epochMs: 5, errorMs: 1, quality: "synced" }]),
    },
  ],
});

/** What every spool promises. */
export const spoolContract = (name: string, openSpool: OpenSpool): void => {
  describe(name, () => {
    const { open, openTwice } = spoolOpener(openSpool);

    it("is empty and has a store id of 32 bits at first", async () => {
      const spool = await open();

      expect(spool.usage()).toMatchObject({ frames: 0, bytes: 0, devices: 0 });
      expect(spool.lanes()).toEqual([]);
      expect(await spool.intended()).toEqual([]);
      expect(await spool.deadLetters()).toEqual([]);
      expect(spool.storeId).toBe(spool.storeId >>> 0);
    });

    it("gives a lane's frames back as they were, in the order of their storing", async () => {
      const spool = await open();
      const frames = [
        newFrame("pump", 0, { closes: [{ boot: bootOf(9), next: 4 }] }),
        newFrame("pump", 7, { lost: 6 }),
      ];

      await Promise.all(frames.map((frame) => append(spool, frame)));

      const stored = await spool.read("g:pump", everything);
      expect(stored).toMatchObject(frames.map(({ bytes: _bytes, ...found }) => found));
      expect(stored.map(({ bytes }) => [...bytes])).toEqual(frames.map(({ bytes }) => [...bytes]));
    });

    it("keeps lanes apart, whatever their names", async () => {
      const spool = await open();
      const lanes = ["g:a", "g:a/b", "g:a%2Fb", "g:ä{date}", "g:"];

      for (const lane of lanes)
        await append(spool, newFrame("pump", lanes.indexOf(lane), { lane }));

      expect(spool.lanes().sort()).toEqual([...lanes].sort());
      for (const lane of lanes) {
        expect(seqsOf(await spool.read(lane, everything))).toEqual([lanes.indexOf(lane)]);
      }
    });

    it("reads frames until they exceed the bytes asked for, and at least one", async () => {
      const spool = await open();
      for (const seq of [0, 1, 2]) await append(spool, newFrame("pump", seq));
      const [first] = await spool.read("g:pump", 0);

      const atMost = first?.storedBytes ?? 0;

      expect(seqsOf(await spool.read("g:pump", 0))).toEqual([0]);
      expect(seqsOf(await spool.read("g:pump", atMost))).toEqual([0, 1]);
    });

    it("knows the boots of one device, oldest first, with every append so far", async () => {
      const spool = await open();
      const second = newFrame("pump", 0, { boot: bootOf(2) });
      const first = newFrame("pump", 0);

      void append(spool, newFrame("pump-2", 0));
      void append(spool, second, 2);
      void append(spool, first, 1);

      expect(await spool.boots("pump")).toEqual([recordOf(first, 1), recordOf(second, 2)]);
      expect(await spool.boots("pum")).toEqual([]);
    });

    it("knows one boot by itself, with every append so far", async () => {
      const spool = await open();
      const frame = newFrame("pump", 0);

      void append(spool, frame);

      expect(await spool.boot("pump", bootOf(1))).toEqual(recordOf(frame));
      expect(await spool.boot("pump", bootOf(2))).toBeNull();
    });

    it("forgets what is delivered, in whatever order, and keeps the rest", async () => {
      const spool = await open();
      for (const seq of [0, 1, 2, 3]) await append(spool, newFrame("pump", seq));
      const stored = await spool.read("g:pump", everything);

      await spool.settle(settlementOf("g:pump", stored.slice(1, 3)));
      const first = await spool.read("g:pump", everything);
      await spool.settle(settlementOf("g:pump", first.slice(0, 1)));

      expect(seqsOf(first)).toEqual([0, 3]);
      expect(seqsOf(await spool.read("g:pump", everything))).toEqual([3]);
      expect(spool.usage().frames).toBe(1);
    });

    it("takes frames into a lane that was emptied", async () => {
      const spool = await openTwice(async (before) => {
        await append(before, newFrame("pump", 0));
        await before.settle(settlementOf("g:pump", await before.read("g:pump", everything)));
        expect(before.lanes()).toEqual([]);
        await append(before, newFrame("pump", 1));
      });

      expect(seqsOf(await spool.read("g:pump", everything))).toEqual([1]);
      expect(spool.usage().frames).toBe(1);
    });

    it("remembers how far each boot of a lane is delivered", async () => {
      const spool = await open();
      const progress = { device: "pump", boot: bootOf(1), next: 3, stampMs: 77 };
      await append(spool, newFrame("pump", 0, { end: 5 }));

      await spool.settle({ lane: "g:pump", progress: [progress], delivered: [], deadLetters: [] });

      expect(await spool.progress("g:pump")).toEqual([progress]);
      expect(await spool.progress("g:door")).toEqual([]);
      const boots = [progress, { device: "pump", boot: bootOf(2) }];
      expect(await spool.progressOf("g:pump", boots)).toEqual([progress]);
      expect(seqsOf(await spool.read("g:pump", everything))).toEqual([0]);
    });

    it("keeps an intent until its settlement, and only the last of a lane", async () => {
      const spool = await open();
      await append(spool, newFrame("pump", 0));
      await spool.propose({ ...intentOf("g:pump"), stream: "older" });
      await spool.propose(intentOf("g:pump"));
      const kept = { lanes: await spool.intended(), intent: await spool.intent("g:pump") };

      await spool.settle(settlementOf("g:pump", []));

      expect(kept).toEqual({ lanes: ["g:pump"], intent: intentOf("g:pump") });
      expect(await spool.intended()).toEqual([]);
      expect(await spool.intent("g:pump")).toBeNull();
    });

    it("has everything again after it was closed and opened", async () => {
      let storeId = 0;
      const spool = await openTwice(async (before) => {
        storeId = before.storeId;
        for (const seq of [0, 1, 2]) await append(before, newFrame("pump", seq));
        await before.settle(settlementOf("g:pump", await before.read("g:pump", 0)));
        void before.propose(intentOf("g:pump"));
      });

      expect(spool.storeId).toBe(storeId);
      expect(spool.lanes()).toEqual(["g:pump"]);
      expect(seqsOf(await spool.read("g:pump", everything))).toEqual([1, 2]);
      expect(await spool.boots("pump")).toMatchObject([{ cursor: 3 }]);
      expect(await spool.progress("g:pump")).toMatchObject([{ next: 1 }]);
      expect(await spool.intent("g:pump")).toEqual(intentOf("g:pump"));
      expect(spool.usage()).toMatchObject({ frames: 2, devices: 1 });
    });

    it("resolves appends and waits for them in the order of the calls", async () => {
      const spool = await open();
      const order: string[] = [];

      const first = append(spool, newFrame("pump", 0)).then(() => order.push("first"));
      const waited = spool.synced().then(() => order.push("waited"));
      const second = append(spool, newFrame("pump", 1)).then(() => order.push("second"));
      await Promise.all([second, waited, first]);

      expect(order).toEqual(["first", "waited", "second"]);
    });

    it("takes nothing any more once it is closed", async () => {
      const spool = await open();
      await spool.close();

      const code = "SPOOL_CLOSED";
      await expect(append(spool, newFrame("pump", 0))).rejects.toMatchObject({ code });
      await expect(spool.boots("pump")).rejects.toMatchObject({ code });
      await expect(spool.read("g:pump", 1)).rejects.toMatchObject({ code });
      await expect(spool.propose(intentOf("g:pump"))).rejects.toMatchObject({ code });
    });
  });
  spoolBoundsContract(name, openSpool);
  spoolDefinitionsContract(name, openSpool);
  spoolAsideContract(name, openSpool);
};
