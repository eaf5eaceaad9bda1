import { describe, expect, it } from "vitest";
import { bootsLimit } from "../../agent/session/keeping.ts";
import type { Boot } from "../../shared/frame.ts";
import { shardOf } from "../../shared/topic.ts";
import { bootOf, headerOf, payloadOf, uncountedBoot } from "../support/any-receipt.ts";
import { startReceive, turns } from "../support/started-receive.ts";

const boot = bootOf(1);

describe("receive without room", () => {
  it("says busy and stores nothing when the spool is full, and takes the frame later", async () => {
    const { spool, take, acks, framesOf, metrics, troubles } = await startReceive({
      limitBytes: 1_000,
      laneShare: 1,
    });
    let first = 0;
    while (metrics.framesBusy === 0) await take(payloadOf(headerOf(boot, first++)));
    const full = await framesOf("pump");

    const progress = [{ device: "pump", boot, next: full.length, stampMs: 1 }];
    await spool.settle({ lane: "g:pump", progress, delivered: full, deadLetters: [] });
    await take(payloadOf(headerOf(boot, first - 1)));

    expect(full).toHaveLength(first - 1);
    expect(acks.at(-2)).toMatchObject({ next: first - 1, busyMs: 5_000 });
    expect(acks.at(-1)).toMatchObject({ next: first, busyMs: 0 });
    expect(troubles[0]).toMatch(/^Cannot store a frame for "g:pump": the spool holds/);
  });

  it("says busy to a device whose lane is full, while others are served", async () => {
    const { take, acks, framesOf, metrics } = await startReceive({
      limitBytes: 4_000,
      laneShare: 0.25,
    });
    for (let first = 0; metrics.framesBusy === 0; first++) {
      await take(payloadOf(headerOf(boot, first)));
    }

    await take(payloadOf(headerOf(boot, 0)), "door");

    expect(acks.at(-2)?.busyMs).toBe(5_000);
    expect(acks.at(-1)).toMatchObject({ next: 1, busyMs: 0 });
    expect(await framesOf("door")).toHaveLength(1);
  });

  it("says busy to one device too many, and serves those it knows", async () => {
    const { take, acks, spool } = await startReceive({ limitDevices: 1 });

    await take(payloadOf(headerOf(boot, 0)));
    await take(payloadOf(headerOf(boot, 0)), "door");
    await take(payloadOf(headerOf(bootOf(2), 0)));

    expect(acks.map(({ busyMs }) => busyMs)).toEqual([0, 5_000, 0]);
    expect(spool.lanes()).toEqual(["g:pump"]);
  });

  it("says busy while too many bytes wait for the disk", async () => {
    const { disk, take, acks, metrics, receive } = await startReceive(
      { limitBytes: 1_000_000_000 },
      400,
    );
    const devices = Array.from({ length: 400 }, (_, index) => `pump-${index}`);
    for (const device of devices) await take(payloadOf(headerOf(boot, 0)), device);
    const bytes = Buffer.concat([payloadOf(headerOf(boot, 1)), Buffer.alloc(60_000)]);
    const before = metrics.framesStored;
    disk.hold();

    for (const device of devices) {
      if (metrics.framesBusy > 0) break;
      receive({ device, shard: shardOf(device), channel: "up" }, bytes);
    }
    disk.release();
    await turns();

    expect(metrics.framesStored - before).toBeGreaterThan(200);
    expect(metrics.framesStored - before).toBeLessThan(300);
    expect(acks.at(-1)?.busyMs).toBe(5_000);
  });
});

describe("receive and invented boots", () => {
  it("keeps no trace of boots of which nothing is stored", async () => {
    const { take, acks, devices, spool } = await startReceive();
    await take(payloadOf(headerOf(boot, 0)));
    let boots = 0;

    for (let nonce = 0; nonce < 2 * bootsLimit; nonce++) {
      await take(payloadOf(headerOf(uncountedBoot(nonce), 5)));
    }
    await take(payloadOf(headerOf(boot, 1)));
    devices.with("pump", (device) => {
      boots = device.boots();
    });

    expect(boots).toBe(1);
    expect(acks.at(1)).toMatchObject({ next: 0, ackId: 0, boot: uncountedBoot(0) });
    expect(acks.at(-1)).toMatchObject({ next: 2, boot });
    expect(await spool.boots("pump")).toHaveLength(1);
  });

  it("keeps 64 boots of a device, in memory and on disk, with what is delivered of them", async () => {
    const { take, devices, spool, framesOf } = await startReceive();
    const all = Array.from({ length: bootsLimit + 20 }, (_, index) => bootOf(index + 1));
    const settle = async (each: Boot): Promise<void> => {
      const progress = [{ device: "pump", boot: each, next: 1, stampMs: 1 }];
      const delivered = await framesOf("pump");
      await spool.settle({ lane: "g:pump", progress, delivered, deadLetters: [] });
    };

    for (const each of all) {
      await take(payloadOf(headerOf(each, 0)));
      await settle(each);
    }
    await settle(all.at(-1) as Boot);

    let boots = 0;
    devices.with("pump", (device) => {
      boots = device.boots();
    });
    expect(boots).toBe(bootsLimit);
    expect(await spool.boots("pump")).toHaveLength(bootsLimit);
    expect(await spool.progress("g:pump")).toHaveLength(bootsLimit);
  });
});

describe("receive and a device that overruns its window", () => {
  it("stores four windows, says busy once what it says is synced, and stores the rest later", async () => {
    const { disk, take, acks, framesOf, metrics } = await startReceive();
    await take(payloadOf(headerOf(boot, 0)));
    disk.hold();
    for (let seq = 1; seq <= 18; seq++) await take(payloadOf(headerOf(boot, seq)));
    const before = acks.length;

    disk.release();
    await turns();
    for (const seq of [17, 18]) await take(payloadOf(headerOf(boot, seq)));

    expect(before).toBe(1);
    expect(acks.filter(({ busyMs }) => busyMs > 0)).toMatchObject([{ next: 17, busyMs: 5_000 }]);
    expect(acks.at(-1)).toMatchObject({ next: 19, busyMs: 0 });
    expect(await framesOf("pump")).toHaveLength(19);
    expect(metrics).toMatchObject({ framesOverrun: 2, framesStored: 19 });
  });

  it("hears no more from one that floods with what cannot be read", async () => {
    const { disk, take, metrics } = await startReceive();
    disk.hold();

    for (let count = 0; count < 200; count++) await take(Uint8Array.of(0xff));

    expect(metrics).toMatchObject({ framesOverrun: 65, devicesLimited: 1, framesLimited: 119 });
  });

  it("stores the frames of others meanwhile", async () => {
    const { disk, take, metrics, framesOf } = await startReceive();
    disk.hold();
    for (let seq = 0; seq < 200; seq++) await take(payloadOf(headerOf(boot, seq)));

    await take(payloadOf(headerOf(boot, 0)), "door");
    disk.release();
    await turns();

    expect(metrics).toMatchObject({ devicesLimited: 1, framesLimited: 119 });
    expect(await framesOf("door")).toHaveLength(1);
  });
});
