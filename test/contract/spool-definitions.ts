import { describe, expect, it } from "vitest";
import type { DefinitionsChange, Spool } from "../../agent/spool/spool.ts";
import type { Definition } from "../../shared/definition.ts";
import { bootOf, newFrame, recordOf } from "../support/any-receipt.ts";
import { definitionOf, meaningOf } from "../support/headed-frame.ts";
import { everything, type OpenSpool, settlementOf, spoolOpener } from "../support/opened-spool.ts";

const boot = bootOf(1);
const lane = "g:pump";

const changeOf = (added: Definition[], changes: Partial<DefinitionsChange> = {}) => ({
  added,
  retired: [],
  held: added.map(({ number }): [number, number] => [number, 6]),
  ...changes,
});

/** Stores a frame of one seq with these definitions. */
const store = (spool: Spool, seq: number, definitions: DefinitionsChange): Promise<void> => {
  const frame = newFrame("pump", seq);
  const record = { ...recordOf(frame), definitions: definitions.held.length };
  return spool.append(frame, record, { isNewDevice: seq === 0, forget: [], definitions });
};

const forgetBoot = (spool: Spool): Promise<void> => {
  const newer = newFrame("pump", 0, { boot: bootOf(2) });
  return spool.append(newer, recordOf(newer, 2), {
    isNewDevice: false,
    forget: [{ boot, lane }],
  });
};

const deliverAll = async (spool: Spool): Promise<void> =>
  spool.settle(settlementOf(lane, await spool.read(lane, everything)));

/** What every spool promises of definitions. */
export const spoolDefinitionsContract = (name: string, openSpool: OpenSpool): void => {
  describe(`definitions in ${name}`, () => {
    const { open, openTwice } = spoolOpener(openSpool);

    it("are known as soon as they are on their way, with their boot and no other", async () => {
      const spool = await open();

      const stored = store(spool, 0, changeOf([definitionOf(0), definitionOf(7)]));

      const meanings = [0, 7, 1].map(spool.lookup("pump", boot));
      expect(meanings).toEqual([meaningOf(0), meaningOf(7), undefined]);
      expect(spool.held("pump", boot)).toEqual([
        [0, 6],
        [7, 6],
      ]);
      expect(spool.lookup("pump", bootOf(2))(0)).toBeUndefined();
      expect(spool.held("door", boot)).toEqual([]);
      await stored;
    });

    it("are there again after the spool was closed and opened, with the count", async () => {
      const spool = await openTwice((before) =>
        store(before, 0, changeOf([definitionOf(0), definitionOf(1)])),
      );

      expect([0, 1, 2].map(spool.lookup("pump", boot))).toEqual([
        meaningOf(0),
        meaningOf(1),
        undefined,
      ]);
      expect(spool.held("pump", boot)).toHaveLength(2);
      expect(await spool.boot("pump", boot)).toMatchObject({ definitions: 2 });
    });

    it("can come without a frame, in order with the others", async () => {
      const order: string[] = [];
      const spool = await openTwice(async (before) => {
        const frame = newFrame("pump", 0);
        const record = { ...recordOf(frame), definitions: 1 };
        const stored = store(before, 0, changeOf([])).then(() => order.push("stored"));
        const defined = before
          .define(record, changeOf([definitionOf(0)]))
          .then(() => order.push("defined"));
        const synced = before.synced().then(() => order.push("synced"));
        await Promise.all([synced, defined, stored]);
      });

      expect(order).toEqual(["stored", "defined", "synced"]);
      expect(spool.lookup("pump", boot)(0)).toEqual(meaningOf(0));
      expect(await spool.boot("pump", boot)).toMatchObject({ definitions: 1 });
      expect(spool.usage().frames).toBe(1);
    });

    it("stay where another replaced them until the frames before that are delivered", async () => {
      const replaced = changeOf([definitionOf(1, 0)], { retired: [0], held: [[1, 6]] });
      const spool = await openTwice(async (before) => {
        await store(before, 0, changeOf([definitionOf(0)]));
        await store(before, 1, replaced);
        await store(before, 2, changeOf([], { held: replaced.held }));
      });
      const [first, second, third] = await spool.read(lane, everything);
      const meaning = (): unknown => spool.lookup("pump", boot)(0);

      await spool.settle(settlementOf(lane, first ? [first] : []));
      const afterFirst = meaning();
      await spool.settle(settlementOf(lane, second ? [second] : []));

      expect(afterFirst).toEqual(meaningOf(0));
      expect(meaning()).toBeUndefined();
      expect(spool.lookup("pump", boot)(1)).toEqual(meaningOf(1));
      expect(third).toMatchObject({ from: 2 });
    });

    it("go with their boot, once its frames are delivered", async () => {
      const spool = await openTwice(async (before) => {
        await store(before, 0, changeOf([definitionOf(0)]));
        await forgetBoot(before);
      });
      const waiting = spool.lookup("pump", boot)(0);

      await deliverAll(spool);

      expect(waiting).toEqual(meaningOf(0));
      expect(spool.held("pump", boot)).toEqual([]);
      expect(spool.lookup("pump", boot)(0)).toBeUndefined();
    });

    it("go without their boot, once its frames are delivered", async () => {
      const spool = await openTwice(async (before) => {
        await store(before, 0, changeOf([definitionOf(0)]));
        const [newer, old] = [newFrame("pump", 0, { boot: bootOf(2) }), newFrame("pump", 0)];
        await before.append(newer, recordOf(newer, 2), {
          isNewDevice: false,
          forget: [],
          outdated: { record: recordOf(old), lane },
        });
      });
      const waiting = spool.lookup("pump", boot)(0);

      await deliverAll(spool);

      expect(waiting).toEqual(meaningOf(0));
      expect(spool.held("pump", boot)).toEqual([]);
      expect(spool.lookup("pump", boot)(0)).toBeUndefined();
      expect(await spool.boot("pump", boot)).toMatchObject({ cursor: 1, definitions: 0 });
    });

    it("stay with a boot that comes back before its old frames are delivered", async () => {
      const spool = await open();
      await store(spool, 0, changeOf([definitionOf(0), definitionOf(1)]));
      await forgetBoot(spool);

      await store(spool, 0, changeOf([definitionOf(0)]));
      await deliverAll(spool);

      expect([0, 1].map(spool.lookup("pump", boot))).toEqual([meaningOf(0), undefined]);
    });

    it("are taken no more once it is closed", async () => {
      const spool = await open();
      await spool.close();

      const defining = spool.define(recordOf(newFrame("pump", 0)), null);

      await expect(defining).rejects.toMatchObject({ code: "SPOOL_CLOSED" });
      expect(spool.held("pump", boot)).toEqual([]);
    });
  });
};
