import { describe, expect, it } from "vitest";
import { encodeFrame } from "../../shared/codec/encode.ts";
import type { Boot } from "../../shared/frame.ts";
import {
  countedBoot,
  headerOf,
  payloadOf,
  replayed,
  uncountedBoot,
} from "../support/any-receipt.ts";
import { bootEvent, entriesBody, powerLossBody, seqEvent } from "../support/flash-device.ts";
import { definitionOf, headedPayload, headWith, meaningOf } from "../support/headed-frame.ts";
import { startReceive } from "../support/started-receive.ts";

const minuteMs = 60_000;

/** The first frame of a boot, and what it says of its flash. */
const firstFrame = (number: number, heldFrom: number): Uint8Array => {
  const boot = countedBoot(number);
  const body = entriesBody([bootEvent(boot, heldFrom), seqEvent(1, 5)]);
  return encodeFrame({ header: headerOf(boot, 0, 2), body });
};

const earlier = (number: number, first: number, count = 1, isEnd = false): Uint8Array =>
  payloadOf(replayed(headerOf(countedBoot(number), first, count), minuteMs), isEnd);

describe("receive and what a later boot sends", () => {
  it("stores, trims and acks it as any other, in the name of its own boot", async () => {
    const { take, acks, framesOf, metrics } = await startReceive();
    await take(payloadOf(headerOf(countedBoot(1), 0, 300)));
    await take(payloadOf({ ...headerOf(countedBoot(1), 300, 2), ackId: 1 }));

    const header = replayed(headerOf(countedBoot(1), 300, 4), minuteMs);
    const missing = encodeFrame({ header, body: powerLossBody(4, 900) });

    await take(firstFrame(2, 1));
    await take(missing);
    await take(missing);
    await take(earlier(1, 900));

    expect(acks.map(({ boot, next }) => [boot.number, next])).toEqual([
      [1, 300],
      [1, 302],
      [2, 2],
      [1, 304],
      [1, 304],
      [1, 304],
    ]);
    expect(await framesOf("pump")).toMatchObject([
      { boot: countedBoot(1), from: 0, end: 300 },
      { boot: countedBoot(1), from: 300, end: 302 },
      { boot: countedBoot(2), from: 0, end: 2 },
      { boot: countedBoot(1), from: 302, end: 304 },
    ]);
    expect(metrics).toMatchObject({ framesReplayed: 1, framesDuplicate: 1, framesEarly: 1 });
  });

  it("closes no boot for it, neither a newer one nor itself", async () => {
    const { take, framesOf } = await startReceive();
    await take(firstFrame(3, 1));

    await take(earlier(1, 0, 4));
    await take(earlier(2, 0, 4, true));
    await take(payloadOf(headerOf(countedBoot(3), 2)));

    const closes = (await framesOf("pump")).flatMap((frame) => frame.closes);
    expect(closes).toEqual([]);
  });

  it("stores with a boot's first frame what is lost of those that flash holds nothing of", async () => {
    const { take, framesOf } = await startReceive();
    await take(firstFrame(1, 1));
    await take(firstFrame(2, 1));

    await take(firstFrame(5, 2));
    await take(firstFrame(6, 6));

    const closes = (await framesOf("pump")).map((frame) => frame.closes);
    expect(closes).toEqual([
      [],
      [],
      [{ boot: countedBoot(1), next: 2, atMost: 62 }],
      [
        { boot: countedBoot(4), next: 0, atMost: 128, boots: 2 },
        { boot: countedBoot(2), next: 2, atMost: 62 },
        { boot: countedBoot(5), next: 2, atMost: 62 },
      ],
    ]);
  });

  it("keeps a boot that ended so, though flash lost the mark and tells of what it had reserved", async () => {
    const { take, framesOf } = await startReceive();
    await take(payloadOf(headerOf(countedBoot(1), 0, 2), true));

    const header = replayed(headerOf(countedBoot(1), 0, 64));
    await take(encodeFrame({ header, body: powerLossBody(64, 900) }));
    await take(firstFrame(3, 3));

    expect((await framesOf("pump")).map((frame) => frame.closes)).toEqual([
      [],
      [],
      [{ boot: countedBoot(2), next: 0, atMost: 64, boots: 1 }],
    ]);
  });

  it("trims what power took by what it has", async () => {
    const { take, framesOf } = await startReceive();
    await take(payloadOf(headerOf(countedBoot(1), 0, 40)));

    const header = replayed(headerOf(countedBoot(1), 0, 64));
    await take(encodeFrame({ header, body: powerLossBody(64, 900) }));

    expect(await framesOf("pump")).toMatchObject([{ end: 40 }, { from: 40, end: 64 }]);
  });
});

describe("receive and a boot without flash whose first frame comes late", () => {
  const [late, running, next] = [uncountedBoot(1), uncountedBoot(2), uncountedBoot(3)];

  /** The device has started twice; the first frame of its second start has come first. */
  const start = async () => {
    const rig = await startReceive();
    const { acks, take, time } = rig;
    /** A frame that returns the last ack of its boot. */
    const say = async (boot: Boot, first: number): Promise<void> => {
      time.advance(100);
      const ackId = acks.findLast((ack) => ack.boot.nonce === boot.nonce)?.ackId ?? 0;
      const sendUptimeMs = 1_000 + 200 * first;
      await take(
        payloadOf({
          ...headerOf(boot, first),
          sendUptimeMs,
          ackId,
          ackUptimeMs: sendUptimeMs - 50,
        }),
      );
    };
    const closes = async () => (await rig.framesOf("pump")).map((frame) => frame.closes);
    await say(running, 0);
    await say(late, 0);
    return { ...rig, say, closes };
  };

  it("tells of that one once the other returns an ack that left after it came", async () => {
    const { say, closes } = await start();

    await say(running, 1);
    await say(running, 2);
    await say(running, 3);

    expect(await closes()).toEqual([
      [],
      [{ boot: running, next: 1 }],
      [],
      [{ boot: late, next: 1 }],
      [],
    ]);
  });

  it("tells of the boot that runs on when it is over, and of the late one no more", async () => {
    const { say, closes } = await start();
    for (const first of [1, 2, 3]) await say(running, first);

    await say(late, 1);
    await say(next, 0);

    expect((await closes()).at(-1)).toEqual([{ boot: running, next: 4 }]);
  });

  it("knows the same after a restart", async () => {
    const { say, disk } = await start();
    for (const first of [1, 2, 3]) await say(running, first);

    const after = await startReceive({}, 100, disk.diskAfterPowerCut());
    await after.take(payloadOf(headerOf(next, 0)));

    expect((await after.framesOf("pump")).at(-1)?.closes).toEqual([{ boot: running, next: 4 }]);
  });

  it("leaves them as they are where both return acks, as two devices of one id do", async () => {
    const { say, closes } = await start();
    for (const first of [1, 2, 3]) {
      await say(late, first);
      await say(running, first);
    }

    expect((await closes()).flat()).toEqual([{ boot: running, next: 1 }]);
  });
});

describe("receive and a flash that is put back from a copy", () => {
  it("tells of the boot that came between, once the boot that has an old name returns an ack", async () => {
    const { acks, framesOf, take, time } = await startReceive();
    const [twin, between] = [countedBoot(3), { nonce: 77, number: 1 }];
    const other = encodeFrame({ header: headerOf(twin, 0), body: entriesBody([seqEvent(0, 9)]) });
    await take(payloadOf(headerOf(twin, 0)));
    time.advance(100);
    await take(payloadOf(headerOf(between, 0)));
    time.advance(100);

    await take(other);
    const ackId = acks.at(-1)?.ackId ?? 0;
    await take(payloadOf({ ...headerOf(twin, 1), sendUptimeMs: 5_000, ackId, ackUptimeMs: 4_000 }));

    const closes = (await framesOf("pump")).map((frame) => frame.closes);
    expect(closes).toEqual([[], [{ boot: twin, next: 1 }], [{ boot: between, next: 1 }]]);
  });
});

describe("receive and the time of earlier boots", () => {
  it("places a boot that it heard nothing of while it ran, and the same after a restart", async () => {
    const { take, time, disk, devices } = await startReceive();
    time.advance(10 * minuteMs);
    const endMs = time.epochMs() - minuteMs;
    const header = { ...headerOf(countedBoot(1), 0, 2), sendUptimeMs: 5_000 };

    await take(payloadOf(replayed(header, minuteMs)));
    time.advance(minuteMs);
    await take(payloadOf(replayed({ ...header, first: 2 }, 2 * minuteMs + 700)));
    const stamp = devices.readClock("pump", countedBoot(1))?.(4_000);
    const after = await startReceive({}, 100, disk.diskAfterPowerCut());
    await after.devices.loadClock("pump", countedBoot(1));

    expect(stamp).toEqual({ epochMs: endMs - 1_000, errorMs: null, quality: "placed" });
    expect(after.devices.readClock("pump", countedBoot(1))?.(4_000)).toEqual(stamp);
  });

  it("keeps the clock of a boot it heard, and bounds what that logged after its last frame", async () => {
    const { take, acks, time, devices } = await startReceive();
    const boot = countedBoot(1);
    const startMs = time.epochMs();
    await take(payloadOf({ ...headerOf(boot, 0), sendUptimeMs: 0, ackUptimeMs: 0 }));
    const { ackId = 0 } = acks[0] ?? {};
    time.advance(1_000);
    const next = { ...headerOf(boot, 1), sendUptimeMs: 1_000, ackId, ackUptimeMs: 10 };
    await take(payloadOf(next));
    const before = devices.readClock("pump", boot)?.(5_000);

    time.advance(59_000);
    const late = { ...headerOf(boot, 2), sendUptimeMs: 5_000 };
    await take(payloadOf(replayed(late, 50_000)));
    const readClock = devices.readClock("pump", boot);

    expect(before).toMatchObject({ quality: "estimated", errorMs: null });
    expect(readClock?.(500)).toMatchObject({ quality: "synced" });
    const { epochMs = 0, errorMs = 0, quality } = readClock?.(5_000) ?? {};
    expect(quality).toBe("synced");
    expect(Math.abs(epochMs - startMs - 5_000)).toBeLessThanOrEqual(10);
    expect(epochMs + (errorMs ?? 0)).toBeGreaterThanOrEqual(startMs + 10_000);
  });
});

describe("receive and the definitions of earlier boots", () => {
  const send = (number: number, first: number, ...head: Parameters<typeof headWith>): Uint8Array =>
    headedPayload(replayed(headerOf(countedBoot(number), first, 1, first)), headWith(...head));

  it("asks for those that it lost with its store, and reads with them", async () => {
    const before = await startReceive();
    await before.take(send(1, 0, 0, 2, [definitionOf(0), definitionOf(1)]));
    const { take, acks, metrics, spool, framesOf } = await startReceive();

    await take(send(1, 1, 2, 2));
    await take(send(1, 1, 0, 2, [definitionOf(0), definitionOf(1)]));

    expect(acks).toMatchObject([
      { next: 0, definitions: 0 },
      { next: 2, definitions: 2 },
    ]);
    expect(metrics.framesLacking).toBe(1);
    expect(await framesOf("pump")).toMatchObject([{ from: 1, lost: 1 }]);
    expect(spool.lookup("pump", countedBoot(1))(1)).toEqual(meaningOf(1));
  });

  it("asks once for those of an old boot, though newer ones go on", async () => {
    const { take, metrics, acks } = await startReceive();
    await take(send(1, 0, 0, 1, [definitionOf(0)]));
    for (let number = 2; number <= 20; number++) {
      await take(
        headedPayload(headerOf(countedBoot(number), 0), headWith(0, 1, [definitionOf(0)])),
      );
    }

    await take(send(1, 1, 1, 1));
    await take(send(1, 1, 0, 1, [definitionOf(0)]));
    for (let first = 2; first < 12; first++) {
      await take(headedPayload(headerOf(countedBoot(20), first - 1), headWith(1, 1)));
      await take(headedPayload(headerOf(countedBoot(19), first - 1), headWith(1, 1)));
      await take(send(1, first, 1, 1));
    }

    expect(metrics.framesLacking).toBe(1);
    expect(acks.at(-1)).toMatchObject({ boot: countedBoot(1), next: 12, definitions: 1 });
  });

  it("takes none of an old boot with a frame that it does not store", async () => {
    const { take, spool, acks } = await startReceive();
    await take(send(1, 0, 0, 1, [definitionOf(0)]));
    for (let number = 2; number <= 20; number++) {
      await take(headedPayload(headerOf(countedBoot(number), 0), headWith(0, 0)));
    }

    await take(send(1, 0, 0, 1, [definitionOf(0)]));

    expect(acks.at(-1)).toMatchObject({ boot: countedBoot(1), next: 1, definitions: 0 });
    expect(spool.held("pump", countedBoot(1))).toEqual([]);
  });
});
