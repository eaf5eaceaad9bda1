import { describe, expect, it } from "vitest";
import { bootOf, newFrame, recordOf } from "../support/any-receipt.ts";
import {
  append,
  everything,
  type OpenSpool,
  settlementOf,
  spoolOpener,
} from "../support/opened-spool.ts";

/** What every spool does where it could grow. */
export const spoolBoundsContract = (name: string, openSpool: OpenSpool): void => {
  describe(`bounds of ${name}`, () => {
    const { open, openTwice } = spoolOpener(openSpool);

    it("counts the devices it knows", async () => {
      const spool = await openTwice(async (before) => {
        await append(before, newFrame("pump", 0));
        await append(before, newFrame("pump", 1));
        await append(before, newFrame("door", 0));
      });

      expect(spool.usage().devices).toBe(2);
    });

    it("has no room for one device too many, and room for those it knows", async () => {
      const spool = await open({ limitDevices: 1 });

      await append(spool, newFrame("pump", 0));

      expect(spool.hasRoom("g:pump", 10, false)).toBe(true);
      expect(spool.hasRoom("g:door", 10, true)).toBe(false);
    });

    it("has no room for bytes beyond the limit, until some are delivered", async () => {
      const spool = await open({ limitBytes: 5_000, laneShare: 1 });
      const bytes = new Uint8Array(4_000);
      await append(spool, newFrame("pump", 0, { bytes }));
      const isFull = !spool.hasRoom("g:door", 1_000, false);

      await spool.settle(settlementOf("g:pump", await spool.read("g:pump", everything)));

      expect(isFull).toBe(true);
      expect(spool.hasRoom("g:door", 1_000, false)).toBe(true);
    });

    it("gives one lane no more than its share, and the others theirs", async () => {
      const spool = await open({ limitBytes: 10_000, laneShare: 0.5 });

      await append(spool, newFrame("pump", 0, { bytes: new Uint8Array(4_000) }));

      expect(spool.hasRoom("g:pump", 1_000, false)).toBe(false);
      expect(spool.hasRoom("g:door", 1_000, false)).toBe(true);
    });

    it("forgets older boots with the frame that makes them too many", async () => {
      const spool = await open();
      const [older, newer] = [newFrame("pump", 0), newFrame("pump", 0, { boot: bootOf(2) })];
      await append(spool, older);
      await spool.settle(settlementOf("g:pump", await spool.read("g:pump", everything)));

      await spool.append(newer, recordOf(newer, 2), {
        isNewDevice: false,
        forget: [
          { boot: older.boot, lane: "g:gone" },
          { boot: older.boot, lane: "g:pump" },
        ],
      });
      await spool.settle(settlementOf("g:pump", await spool.read("g:pump", everything)));

      expect(await spool.boots("pump")).toEqual([recordOf(newer, 2)]);
      expect(await spool.progress("g:pump")).toMatchObject([{ boot: newer.boot }]);
    });

    it("keeps a forgotten boot's progress until its frames are delivered, and no longer", async () => {
      const newer = newFrame("pump", 0, { boot: bootOf(2) });
      const half = { device: "pump", boot: bootOf(1), next: 2, stampMs: 7 };
      const spool = await openTwice(async (before) => {
        await append(before, newFrame("pump", 0, { end: 4 }));
        await before.settle({ lane: "g:pump", progress: [half], delivered: [], deadLetters: [] });
        await before.append(newer, recordOf(newer, 2), {
          isNewDevice: false,
          forget: [{ boot: bootOf(1), lane: "g:pump" }],
        });
      });
      const kept = await spool.progress("g:pump");

      await spool.settle(settlementOf("g:pump", await spool.read("g:pump", everything)));

      expect(kept).toEqual([half]);
      expect(await spool.progress("g:pump")).toMatchObject([{ boot: newer.boot }]);
    });

    it("keeps dead letters up to a limit of each kind, the oldest give way and are counted", async () => {
      let evicted = 0;
      const limits = { limitDeadLetters: 2, onEvicted: () => evicted++ };
      const letter = { device: "pump", epochMs: 1 };
      const malformed = { base64: "AA==" };
      const spool = await openTwice(async (before) => {
        const events = [{ timestamp: 1, message: "refused" }];
        await before.bury({ ...letter, reason: "event", content: events });
        for (const reason of ["1", "2"])
          await before.bury({ ...letter, reason, content: malformed });
      }, limits);

      await spool.bury({ ...letter, reason: "3", content: malformed });
      const deadLetters = [{ ...letter, reason: "4", content: malformed }];
      await spool.settle({ ...settlementOf("g:pump", []), deadLetters });

      const reasons = (await spool.deadLetters()).map(({ reason }) => reason);
      expect(reasons).toEqual(["event", "3", "4"]);
      expect(evicted).toBe(2);
    });

    it("tells with a device's next frame, once, what gave way of its dead letters", async () => {
      const limits = { limitDeadLetters: 1 };
      const letter = { device: "pump", epochMs: 1 };
      const event = { timestamp: 1, message: "refused" };
      const spool = await openTwice(async (before) => {
        for (const reason of ["too old", "too old", "kept"]) {
          await before.bury({ ...letter, reason, content: [event, event] });
        }
        await before.evict("pump", "too many");
        await before.evict("door", "too many");
        await before.dropLetters(["e2"]);
        await before.bury({ ...letter, reason: "kept as well", content: [event] });
      }, limits);

      await append(spool, newFrame("pump", 0));
      await append(spool, newFrame("pump", 1));

      const [first, second] = await spool.read("g:pump", everything);
      expect(first?.evicted).toEqual([
        { reason: "too old", count: 4 },
        { reason: "too many", count: 1 },
      ]);
      expect(second?.evicted).toBeUndefined();
    });
  });
};
