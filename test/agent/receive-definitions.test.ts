import { describe, expect, it } from "vitest";
import { definitionsLimit } from "../../agent/receive/definitions.ts";
import { bootOf, headerOf } from "../support/any-receipt.ts";
import type { FakeDisk } from "../support/fake-store.ts";
import { definitionOf, headedPayload, headWith, meaningOf } from "../support/headed-frame.ts";
import { startReceive, turns } from "../support/started-receive.ts";

const boot = bootOf(1);
const start = async () => {
  const rig = await startReceive();
  const send = (first: number, ...head: Parameters<typeof headWith>): Promise<void> =>
    rig.take(headedPayload(headerOf(boot, first), headWith(...head)));
  const counts = (): number[] => rig.acks.map(({ definitions }) => definitions);
  return { ...rig, send, counts };
};

describe("receive and definitions", () => {
  it("acks those that came with a frame once they are synced with it", async () => {
    const { disk, spool, send, acks, counts } = await start();
    disk.hold();

    await send(0, 0, 2, [definitionOf(0), definitionOf(1)]);
    const before = acks.length;
    disk.release();
    await turns();

    expect(before).toBe(0);
    expect(counts()).toEqual([2]);
    expect(spool.lookup("pump", boot)(1)).toEqual(meaningOf(1));
    expect(await spool.boots("pump")).toMatchObject([{ definitions: 2, cursor: 1 }]);
  });

  it("ends the agent, and throws nothing, where those that are held cannot be read", async () => {
    const disk: FakeDisk = new Map();
    const before = await startReceive({}, 100, disk);
    await before.take(headedPayload(headerOf(boot, 0), headWith(0, 1, [definitionOf(0)])));
    for (const key of disk.keys()) if (key.startsWith("h/")) disk.set(key, Buffer.from("{"));
    const { take, acks, fatals } = await startReceive({}, 100, disk);

    await take(headedPayload(headerOf(boot, 1), headWith(1, 2, [definitionOf(1)])));
    await take(headedPayload(headerOf(boot, 1), headWith(1, 2, [definitionOf(1)])));

    expect(fatals).toHaveLength(2);
    expect(acks).toEqual([]);
  });

  it("does not store a frame that lacks some, and says how many it has", async () => {
    const { send, acks, metrics, framesOf } = await start();
    await send(0, 0, 1, [definitionOf(0)]);

    await send(1, 5, 6, [definitionOf(5)]);
    await send(1, 1, 6, [definitionOf(5)]);

    expect(acks.slice(1)).toMatchObject([
      { next: 1, definitions: 1, busyMs: 0 },
      { next: 2, definitions: 6, busyMs: 0 },
    ]);
    expect(await framesOf("pump")).toHaveLength(2);
    expect(metrics).toMatchObject({ framesLacking: 1, framesStored: 2, deadLetters: 0 });
  });

  it("reads them from duplicates and early frames, and acks these once they are synced", async () => {
    const { disk, spool, send, acks, counts, metrics } = await start();
    await send(0, 0, 0);
    disk.hold();

    await send(0, 0, 1, [definitionOf(0)]);
    await send(7, 1, 2, [definitionOf(1)]);
    const before = acks.length;
    disk.release();
    await turns();

    expect(before).toBe(1);
    expect(counts()).toEqual([0, 1, 2]);
    expect(metrics).toMatchObject({ framesDuplicate: 1, framesEarly: 1, framesStored: 1 });
    expect(await spool.boots("pump")).toMatchObject([{ definitions: 2, cursor: 1 }]);
  });

  it("acks in the order of the frames, whether they are stored or only define", async () => {
    const { disk, send, acks } = await start();
    await send(0, 0, 0);
    disk.hold();

    await send(7, 0, 1, [definitionOf(0)]);
    await send(1, 0, 2, [definitionOf(1)]);
    await send(8, 0, 3, [definitionOf(2)]);
    disk.release();
    await turns();

    expect(acks.map(({ next, definitions }) => [next, definitions])).toEqual([
      [1, 0],
      [1, 1],
      [2, 3],
    ]);
  });

  it("writes nothing for a duplicate that brings nothing", async () => {
    const { disk, send, counts } = await start();
    await send(0, 0, 1, [definitionOf(0)]);
    const before = disk.diskAfterPowerCut();

    await send(0, 0, 1, [definitionOf(0)]);

    expect(counts()).toEqual([1, 1]);
    expect(disk.diskAfterPowerCut()).toEqual(before);
  });

  it("keeps no definitions of a boot of which nothing is stored", async () => {
    const { spool, send, acks } = await start();

    await send(3, 0, 1, [definitionOf(0)]);

    expect(acks).toMatchObject([{ next: 0, definitions: 0 }]);
    expect(spool.held("pump", boot)).toEqual([]);
  });

  it("leaves one that replaces another to the frame that is stored", async () => {
    const { send, counts, spool } = await start();
    await send(0, 0, 1, [definitionOf(0)]);

    await send(5, 1, 2, [definitionOf(1, 0)]);
    await send(1, 1, 2, [definitionOf(1, 0)]);

    expect(counts()).toEqual([1, 1, 2]);
    expect(spool.held("pump", boot).map(([number]) => number)).toEqual([1]);
  });

  it("stores the frame of a device with too many, but counts no further", async () => {
    const { send, acks, metrics } = await start();
    const all = Array.from({ length: definitionsLimit + 1 }, (_, number) => definitionOf(number));

    await send(0, 0, 500, all.slice(0, 500));
    await send(1, 500, all.length, all.slice(500));

    expect(acks.at(-1)).toMatchObject({ next: 2, definitions: definitionsLimit });
    expect(metrics).toMatchObject({ definitionsRefused: 1, framesStored: 2 });
  });

  it("has an old boot bring its definitions again once many have followed it", async () => {
    const { take, send, acks, framesOf, spool } = await start();
    await send(0, 0, 1, [definitionOf(0)]);
    for (let number = 2; number <= 9; number++) {
      await take(headedPayload(headerOf(bootOf(number), 0), headWith(0, 1, [definitionOf(0)])));
    }
    const held = spool.held("pump", boot);

    await send(1, 1, 1);
    await send(1, 0, 1, [definitionOf(0)]);

    expect(held).toEqual([]);
    expect(acks.slice(-2)).toMatchObject([
      { boot, next: 1, definitions: 0 },
      { boot, next: 2, definitions: 1 },
    ]);
    expect(await framesOf("pump")).toHaveLength(10);
    expect(spool.lookup("pump", boot)(0)).toEqual(meaningOf(0));
  });

  it("goes on with what is stored after a restart", async () => {
    const { disk, send } = await start();
    await send(0, 0, 2, [definitionOf(0), definitionOf(1)]);

    const after = await startReceive({}, 100, disk.diskAfterPowerCut());
    await after.take(headedPayload(headerOf(boot, 1), headWith(2, 3, [definitionOf(2, 0)])));

    expect(after.acks).toMatchObject([{ next: 2, definitions: 3 }]);
    expect(after.spool.held("pump", boot).map(([number]) => number)).toEqual([1, 2]);
  });
});
