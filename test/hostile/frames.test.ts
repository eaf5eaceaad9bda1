import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeFrame } from "../../shared/codec/encode.ts";
import { frameLimitBytes, integerLimit } from "../../shared/limits.ts";
import { shardOf } from "../../shared/topic.ts";
import { anyFrame } from "../support/any-frame.ts";
import { bootOf, headerOf, payloadOf } from "../support/any-receipt.ts";
import { anyDamaged } from "../support/damaged-frames.ts";
import { createRandom } from "../support/random.ts";
import { startReceive, turns } from "../support/started-receive.ts";

const boot = bootOf(1);

/** A million were tried once, with the same growth; they take too long to be tried each time. */
const idsCount = 100_000;
const megabyte = 1_048_576;

const sourceOf = (device: string) => ({ device, shard: shardOf(device), channel: "up" }) as const;

const heapMb = (): number => {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed / megabyte;
};

/** A header's numbers as varints of 7 bits, lowest first. */
const varint = (value: number): number[] => {
  const bytes: number[] = [];
  let left = BigInt(value);
  do {
    const byte = Number(left & 127n);
    left >>= 7n;
    bytes.push(left > 0n ? byte | 128 : byte);
  } while (left > 0n);
  return bytes;
};

/** A tombstone without drops, whose header claims `count` seqs from `first` of a device that holds all since `base`. */
const claimOf = (first: number, count: number, base = 0): Uint8Array => {
  const header = headerOf(boot, first, count, base);
  return encodeFrame({ header, body: { kind: "tombstone", uptimeMs: 0, drops: [] } });
};

describe("frames of an enemy", () => {
  it("throw nothing and stop nobody, whatever their bytes", async () => {
    const random = createRandom(7);
    const good = fc.sample(anyFrame(), { seed: 7, numRuns: 200 }).map(encodeFrame);
    const { receive, take, fatals, metrics, spool, acks } = await startReceive({
      limitDeadLetters: 20,
    });

    for (let left = 2_000; left > 0; left--) {
      // Of many devices: one alone is soon not heard any more.
      receive(sourceOf(`enemy-${left % 200}`), anyDamaged(good, random));
      if (left % 100 === 0) await turns();
    }
    await take(payloadOf(headerOf(boot, 0)), "pump");
    const letters = await spool.deadLetters();

    expect(fatals).toEqual([]);
    expect(metrics.framesReceived).toBe(2_001);
    expect(metrics.framesUnreadable).toBeGreaterThan(200);
    expect(metrics.deadLetters).toBe(metrics.framesUnreadable);
    expect(letters.length).toBeLessThanOrEqual(20);
    expect(acks).toContainEqual(expect.objectContaining({ boot, next: 1 }));
    expect(await spool.read("g:pump", megabyte)).toHaveLength(1);
  });

  it.each([
    ["a count above what integers hold", [...varint(0), ...varint(0), ...varint(integerLimit)], 1],
    ["a first seq above what integers hold", [...varint(2 ** 60), ...varint(0), ...varint(1)], 0],
    ["a base below 0", [...varint(1), ...varint(2), ...varint(1)], 0],
    ["no seqs at all", [...varint(0), ...varint(0), ...varint(0)], 0],
    ["a number without end", new Array<number>(60).fill(0xff), 0],
  ])("are kept as dead letters where the header claims %s", async (_, fields, from) => {
    const { take, metrics, acks } = await startReceive();
    const claim = from === 0 ? fields : [...varint(1), ...varint(0), ...varint(integerLimit)];

    await take(Uint8Array.from([0xa0, 1, 2, 3, 4, 0, ...claim, 0, 0, 0, 0]));

    expect(metrics.framesUnreadable).toBe(1);
    expect(metrics.framesStored).toBe(0);
    expect(acks).toEqual([]);
  });

  it("cost a device that claims all seqs there are its own boot alone", async () => {
    const { take, nexts, framesOf } = await startReceive();

    await take(claimOf(0, integerLimit - 1));
    await take(payloadOf(headerOf(boot, 5)));
    await take(payloadOf(headerOf(bootOf(2), 0)));
    await take(payloadOf(headerOf(boot, 0)), "door");

    expect(nexts()).toEqual([integerLimit - 1, integerLimit - 1, 1, 1]);
    expect(await framesOf("pump")).toHaveLength(2);
    expect(await framesOf("door")).toHaveLength(1);
  });

  it("store nothing of seqs that are ahead, and are told where the agent is", async () => {
    const { take, nexts, framesOf, metrics } = await startReceive();
    await take(payloadOf(headerOf(boot, 0)));

    for (const first of [2, 1_000, 2 ** 40]) await take(payloadOf(headerOf(boot, first)));

    expect(nexts()).toEqual([1, 1, 1, 1]);
    expect(metrics.framesEarly).toBe(3);
    expect(await framesOf("pump")).toHaveLength(1);
  });

  it("are counted as lost state where they say that earlier seqs are gone", async () => {
    const { take, nexts, framesOf } = await startReceive();
    await take(payloadOf(headerOf(boot, 0)));

    await take(payloadOf(headerOf(boot, 1_000, 1, 1_000)));

    expect(nexts()).toEqual([1, 1_001]);
    expect((await framesOf("pump")).at(-1)).toMatchObject({ from: 1_000, lost: 999 });
  });

  it("are stored once however often they are played back, in whatever order", async () => {
    const random = createRandom(3);
    const { take, framesOf, metrics, nexts } = await startReceive();
    const frames = Array.from({ length: 20 }, (_, seq) => payloadOf(headerOf(boot, seq)));
    for (const frame of frames) await take(frame);

    for (let left = 500; left > 0; left--) await take(random.pick(frames));

    expect(await framesOf("pump")).toHaveLength(20);
    expect(metrics.framesDuplicate).toBe(500);
    expect(new Set(nexts().slice(20))).toEqual(new Set([20]));
  });

  it("of 64 KiB are stored whole, and one byte more is a dead letter of that size", async () => {
    const { take, framesOf, metrics, spool } = await startReceive();
    const text = (length: number): Uint8Array => {
      const site = { level: "info", tag: "", format: "%s" } as const;
      const values = ["x".repeat(length)];
      const entries = [{ kind: "event", uptimeMs: 0, site, values }] as const;
      const body = { kind: "entries" as const, entries: [...entries] };
      return encodeFrame({ header: headerOf(boot, 0), body });
    };
    const overhead = text(60_000).length - 60_000;

    await take(text(frameLimitBytes - overhead));
    await take(text(frameLimitBytes - overhead + 1), "door");

    expect((await framesOf("pump"))[0]?.bytes).toHaveLength(frameLimitBytes);
    expect(metrics.framesUnreadable).toBe(1);
    expect(await spool.deadLetters()).toEqual([
      expect.objectContaining({
        device: "door",
        reason: "65537 bytes where 65536 is the limit at byte 0",
      }),
    ]);
  });

  it("of device ids without end take no memory, and leave the known ones their service", async () => {
    const { receive, take, metrics, spool, devices, acks, troubles } = await startReceive(
      { limitDevices: 3 },
      1_000,
    );
    const frame = payloadOf(headerOf(boot, 0));
    await take(frame);
    const beforeMb = heapMb();

    for (let id = 1; id <= idsCount; id++) {
      receive(sourceOf(`enemy-${id}`), frame);
      if (id % 1_000 !== 0) continue;
      await turns();
      acks.length = troubles.length = 0;
    }
    const growthMb = heapMb() - beforeMb;
    await take(payloadOf(headerOf(boot, 1)));

    expect(spool.lanes()).toHaveLength(3);
    expect(devices.size()).toBeLessThanOrEqual(1_000);
    expect(metrics.framesBusy).toBe(idsCount - 2);
    expect(growthMb).toBeLessThan(20);
    expect(acks).toEqual([expect.objectContaining({ next: 2, busyMs: 0 })]);
  });
});
