import { describe, expect, it } from "vitest";
import { createSegments } from "../../agent/clock/segments.ts";
import { decodeFrame } from "../../shared/codec/decode.ts";
import { frameLimitBytes } from "../../shared/limits.ts";
import { shardOf } from "../../shared/topic.ts";
import {
  bootOf,
  brokenBody,
  headerOf,
  newFrame,
  payloadOf,
  recordOf,
} from "../support/any-receipt.ts";
import { startReceive, turns } from "../support/started-receive.ts";

const boot = bootOf(1);

describe("receive", () => {
  it("acks a frame once it is synced with its boot, and not before", async () => {
    const { disk, spool, take, acks, stored, framesOf, time } = await startReceive();
    disk.hold();

    await take(payloadOf(headerOf(boot, 0, 3)));
    const before = { acks: acks.length, stored: stored.length };
    disk.release();
    await turns();

    expect(before).toEqual({ acks: 0, stored: 0 });
    expect(acks).toMatchObject([
      { storeId: spool.storeId, boot, next: 3, busyMs: 0, epochMs: time.epochMs() },
    ]);
    expect(stored).toEqual(["g:pump"]);
    expect(await framesOf("pump")).toMatchObject([{ from: 0, end: 3, lost: 0, closes: [] }]);
    expect(await spool.boots("pump")).toMatchObject([{ boot, cursor: 3 }]);
  });

  it("acks a duplicate again, but only once what it rests on is synced", async () => {
    const { disk, take, acks, nexts, framesOf, metrics } = await startReceive();
    disk.hold();

    await take(payloadOf(headerOf(boot, 0)));
    await take(payloadOf(headerOf(boot, 0)));
    const before = acks.length;
    disk.release();
    await turns();

    expect(before).toBe(0);
    expect(nexts()).toEqual([1, 1]);
    expect(await framesOf("pump")).toHaveLength(1);
    expect(metrics).toMatchObject({ framesStored: 1, framesDuplicate: 1 });
  });

  it("sends acks in the order of the frames, with ids that rise, one for those synced together", async () => {
    const { disk, take, acks, nexts } = await startReceive();
    disk.hold();

    for (const first of [0, 1, 0, 2, 9]) await take(payloadOf(headerOf(boot, first)));
    disk.release();
    await turns();
    await take(payloadOf(headerOf(boot, 3)));

    expect(nexts()).toEqual([1, 3, 4]);
    const ids = acks.map(({ ackId }) => ackId);
    expect(ids).toEqual([...new Set(ids)].sort((left, right) => left - right));
  });

  it("asks again for what a frame that came too early lacks", async () => {
    const { take, nexts, framesOf, metrics } = await startReceive();
    await take(payloadOf(headerOf(boot, 0)));

    await take(payloadOf(headerOf(boot, 5)));

    expect(nexts()).toEqual([1, 1]);
    expect(await framesOf("pump")).toHaveLength(1);
    expect(metrics.framesEarly).toBe(1);
  });

  it("counts what the device gave up before this agent had it", async () => {
    const { take, nexts, framesOf } = await startReceive();
    await take(payloadOf(headerOf(boot, 0)));

    await take(payloadOf(headerOf(boot, 7, 2, 6)));
    await take(payloadOf(headerOf(boot, 6, 2, 6)));

    expect(nexts()).toEqual([1, 1, 8]);
    expect(await framesOf("pump")).toMatchObject([{ from: 0 }, { from: 6, end: 8, lost: 5 }]);
  });

  it("stores with a frame how much of it a store held before its repair", async () => {
    const { spool, take, framesOf } = await startReceive();
    const clock = { ackCeiling: 1, segments: createSegments().copies() };
    const record = recordOf(newFrame("pump", 0, { end: 0 }));
    await spool.define({ ...record, storedTo: 2, clock }, null);

    await take(payloadOf(headerOf(boot, 0, 3)));
    await take(payloadOf(headerOf(boot, 3)));

    const [again, beyond] = await framesOf("pump");
    expect(again).toMatchObject({ from: 0, end: 3, repeated: 2 });
    expect(beyond).toMatchObject({ from: 3 });
    expect(beyond).not.toHaveProperty("repeated");
  });

  it("stores with a boot's first frame that the boot before was cut off", async () => {
    const { take, framesOf } = await startReceive();
    await take(payloadOf(headerOf(boot, 0, 4)));

    await take(payloadOf(headerOf(bootOf(2), 0)));

    expect(await framesOf("pump")).toMatchObject([{ closes: [] }, { closes: [{ boot, next: 4 }] }]);
  });

  it("stores no such thing of a boot that ended in order", async () => {
    const { take, framesOf } = await startReceive();
    await take(payloadOf(headerOf(boot, 0, 4), true));

    await take(payloadOf(headerOf(bootOf(2), 0)));

    expect(await framesOf("pump")).toMatchObject([{ closes: [] }, { closes: [] }]);
  });

  it("goes on where it was after the device gave way in memory with a frame on its way to the disk", async () => {
    const { disk, take, nexts, framesOf, devices } = await startReceive({}, 1);
    await take(payloadOf(headerOf(boot, 0)));
    await devices.with("door", () => {});
    await devices.with("pump", () => {});
    disk.hold();

    void devices.with("door", () => {});
    await take(payloadOf(headerOf(boot, 1)));
    await take(payloadOf(headerOf(boot, 1)));
    await take(payloadOf(headerOf(boot, 2)));
    disk.release();
    await turns();

    expect(nexts()).toEqual([1, 2, 3]);
    expect(await framesOf("pump")).toMatchObject([{ from: 0 }, { from: 1 }, { from: 2 }]);
  });
});

describe("receive and what it cannot read", () => {
  it("stores and acks a frame whose body cannot be read, bytes and all", async () => {
    const { take, nexts, framesOf } = await startReceive();
    const payload = brokenBody(headerOf(boot, 0, 3));

    await take(payload);
    const [frame] = await framesOf("pump");

    expect(decodeFrame(payload)).toMatchObject({ ok: false, fault: "body" });
    expect(nexts()).toEqual([3]);
    expect([...(frame?.bytes ?? [])]).toEqual([...payload]);
  });

  it("buries a payload without a readable header, counts it, and acks nothing", async () => {
    const { take, acks, metrics, spool, troubles, time } = await startReceive();
    const payload = Buffer.from("hello");

    await take(payload);

    expect(acks).toEqual([]);
    expect(metrics).toMatchObject({ framesUnreadable: 1, deadLetters: 1, framesStored: 0 });
    expect(await spool.deadLetters()).toMatchObject([
      {
        device: "pump",
        epochMs: time.epochMs(),
        reason: expect.stringContaining("no fleetlog frame"),
        content: { base64: payload.toString("base64") },
      },
    ]);
    expect(troubles).toHaveLength(1);
  });

  it("keeps no more than a frame's bytes of a payload that is too large", async () => {
    const { take, acks, spool } = await startReceive();
    const payload = Buffer.alloc(frameLimitBytes + 1, payloadOf(headerOf(boot, 0)));

    await take(payload);

    const [letter] = await spool.deadLetters();
    expect(acks).toEqual([]);
    expect(letter?.reason).toContain("65537 bytes where 65536 is the limit");
    expect(letter?.content).toEqual({
      base64: payload.subarray(0, frameLimitBytes).toString("base64"),
    });
  });

  it("keeps no crowd of unreadable payloads in memory while the disk is slow", async () => {
    let evicted = 0;
    const { disk, take, spool, metrics } = await startReceive({ onEvicted: () => evicted++ });
    disk.hold();

    for (let count = 0; count < 40; count++) await take(Buffer.from("hello"), `pump-${count}`);
    disk.release();
    await turns();

    expect(await spool.deadLetters()).toHaveLength(16);
    expect([metrics.framesUnreadable, evicted]).toEqual([40, 24]);
  });

  it("refuses a frame whose topic has another shard than its device", async () => {
    const { receive, acks, spool, troubles } = await startReceive();
    const shard = (shardOf("pump") + 1) % 64;

    receive({ device: "pump", shard, channel: "up" }, payloadOf(headerOf(boot, 0)));
    await turns();

    expect(acks).toEqual([]);
    expect(spool.usage().frames).toBe(0);
    expect(troubles[0]).toContain(`shard ${shard}`);
  });
});

describe("receive when the disk fails", () => {
  it("ends the process and acks nothing, neither then nor when the device sends again", async () => {
    const { disk, take, acks, fatals, metrics } = await startReceive();
    disk.hold();
    await take(payloadOf(headerOf(boot, 0)));

    disk.fail();
    await turns();
    const first = fatals.length;
    await take(payloadOf(headerOf(boot, 0)));
    await take(payloadOf(headerOf(boot, 1)));

    expect(first).toBe(1);
    expect(fatals).toHaveLength(3);
    expect(acks).toEqual([]);
    expect(metrics.framesStored).toBe(0);
  });

  it("drops frames without an ack once the spool is closed, which is no failure", async () => {
    const { spool, take, acks, fatals } = await startReceive();
    await take(payloadOf(headerOf(boot, 0)));
    await spool.close();

    await take(payloadOf(headerOf(boot, 1)));
    await take(payloadOf(headerOf(boot, 0)), "door");
    await take(Buffer.from("hello"));

    expect(acks).toHaveLength(1);
    expect(fatals).toEqual([]);
  });
});
