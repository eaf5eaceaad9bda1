import { describe, expect, it } from "vitest";
import { createSegments } from "../../../agent/clock/segments.ts";
import { encodeFrame } from "../../../shared/codec/encode.ts";
import type { FrameHeader } from "../../../shared/frame.ts";
import {
  countedBoot,
  headerOf,
  newFrame,
  payloadOf,
  recordOf,
  replayed,
} from "../../support/any-receipt.ts";
import { entriesBody, powerLossBody, seqEvent } from "../../support/flash-device.ts";
import { headedPayload, headWith } from "../../support/headed-frame.ts";
import { startReceive } from "../../support/started-receive.ts";

const boot = countedBoot(5);

/** A frame of the boot with the same name, all of whose events are later. */
const other = (first: number, count: number): Uint8Array => {
  const entries = Array.from({ length: count }, (_, index) => seqEvent(first + index, 9_000));
  return encodeFrame({ header: headerOf(boot, first, count), body: entriesBody(entries) });
};

/** As the boot sends a frame at this uptime, after an ack if any has come. */
const headerAt = (
  sendUptimeMs: number,
  first: number,
  ackId = 0,
  ackUptimeMs = sendUptimeMs - (ackId > 0 ? 50 : 0),
): FrameHeader => ({
  ...headerOf(boot, first, first === 0 ? 2 : 1),
  sendUptimeMs,
  ackId,
  ackUptimeMs,
});

const sentAt = (...sending: Parameters<typeof headerAt>): Uint8Array =>
  payloadOf(headerAt(...sending));

const start = async () => {
  const rig = await startReceive();
  await rig.take(payloadOf(headerOf(boot, 0, 2)));
  await rig.take(payloadOf(headerOf(boot, 2, 2)));
  const letters = async (): Promise<unknown[]> =>
    (await rig.spool.deadLetters()).map(({ content }) => content);
  return { ...rig, letters };
};

const kept = (payload: Uint8Array): unknown => ({
  base64: Buffer.from(payload).toString("base64"),
});

describe("boot whose name comes twice", () => {
  it("has frames of the other kept as dead letters, counted and told, and acked then", async () => {
    const { take, letters, acks, metrics, troubles, framesOf } = await start();

    await take(other(0, 3));
    await take(other(3, 1));

    expect(await letters()).toEqual([kept(other(0, 3)), kept(other(3, 1))]);
    expect(acks.slice(2)).toMatchObject([
      { boot, next: 4, definitions: 0 },
      { boot, next: 4, definitions: 0 },
    ]);
    expect(metrics).toMatchObject({ framesDoubled: 2, framesDuplicate: 0, deadLetters: 2 });
    expect(troubles[0]).toContain("another boot has the name 5-f1a50000");
    expect(await framesOf("pump")).toHaveLength(2);
  });

  it("has the rest of them stored, with the definitions they bring", async () => {
    const { take, letters, acks, framesOf, metrics } = await start();

    await take(other(0, 6));
    await take(other(6, 1));

    expect(await letters()).toEqual([kept(other(0, 6))]);
    expect(await framesOf("pump")).toMatchObject([{}, {}, { from: 4, end: 6 }, { from: 6 }]);
    expect(acks.slice(2)).toMatchObject([
      { next: 6, definitions: 0 },
      { next: 7, definitions: 0 },
    ]);
    expect(metrics).toMatchObject({ framesDoubled: 1, framesStored: 4 });
  });

  it("leaves no failure of the disk unheard", async () => {
    const unheard: unknown[] = [];
    const hear = (cause: unknown) => unheard.push(cause);
    const { take, disk, fatals, acks } = await start();
    process.on("unhandledRejection", hear);
    disk.fail();

    await take(other(0, 6));
    await take(other(3, 1));
    process.removeListener("unhandledRejection", hear);

    expect(unheard).toEqual([]);
    expect(fatals).toHaveLength(2);
    expect(acks).toHaveLength(2);
  });

  it("is seen in any frame that was sent before an ack came, though the first is the same", async () => {
    const { take, letters, metrics } = await start();

    await take(payloadOf(headerOf(boot, 0, 2)));
    await take(other(2, 2));

    expect(await letters()).toEqual([kept(other(2, 2))]);
    expect(metrics).toMatchObject({ framesDoubled: 1, framesDuplicate: 1 });
  });

  it("is seen where frames have other bounds than those of the same seqs", async () => {
    const { take, letters } = await start();

    await take(other(1, 2));

    expect(await letters()).toEqual([kept(other(1, 2))]);
  });

  it("is seen in entries from flash that begin below what is stored and end above it, however late they are", async () => {
    const { take, letters, acks, framesOf } = await start();
    await take(payloadOf({ ...headerOf(boot, 4, 300), ackId: 1 }));
    await take(payloadOf({ ...headerOf(boot, 304, 2), ackId: 1 }));
    const astride = payloadOf({ ...replayed(headerOf(boot, 300, 10), 1_000), ackId: 9_999 });

    await take(astride);

    expect(await letters()).toEqual([kept(astride)]);
    expect(acks.at(-1)).toMatchObject({ next: 310, definitions: 0 });
    expect(await framesOf("pump")).toMatchObject([{}, {}, {}, {}, { from: 306, end: 310 }]);
  });

  it("is not seen in a late frame with seqs that flash had not reserved, of which a later boot told", async () => {
    const { take, letters, metrics } = await start();
    const missing = replayed(headerOf(boot, 4, 296), 1_000);
    await take(encodeFrame({ header: missing, body: powerLossBody(296, 900) }));

    await take(payloadOf({ ...headerOf(boot, 290, 20), ackId: 9_999 }));

    expect(await letters()).toEqual([]);
    expect(metrics).toMatchObject({ framesDoubled: 0, framesStored: 4 });
  });

  it("is not seen where a repair has moved the cursor into a frame", async () => {
    const { spool, take, acks, metrics } = await startReceive();
    const clock = { ackCeiling: 1, segments: createSegments().copies() };
    const record = recordOf(newFrame("pump", 0, { boot, end: 305 }));
    await spool.define({ ...record, storedTo: 310, clock }, null);

    await take(payloadOf(replayed(headerOf(boot, 300, 10), 1_000)));

    expect(acks.at(-1)).toMatchObject({ next: 310 });
    expect(metrics).toMatchObject({ framesDoubled: 0, framesStored: 1 });
  });

  it("is not seen in a tombstone that does: flash has it where frames are missing", async () => {
    const { take, letters, metrics } = await start();
    const header = replayed(headerOf(boot, 2, 62), 1_000);

    await take(encodeFrame({ header, body: powerLossBody(62, 900) }));

    expect(await letters()).toEqual([]);
    expect(metrics).toMatchObject({ framesDoubled: 0, framesReplayed: 1 });
  });

  it("is seen by an ack that came at an uptime which the boot had passed as it left", async () => {
    const { take, acks, letters, metrics, time } = await start();
    time.advance(60_000);
    await take(sentAt(60_000, 4));
    time.advance(10_000);
    await take(sentAt(2_000, 0));

    await take(sentAt(2_500, 4, acks.at(-1)?.ackId));
    const doubtful = acks.at(-1);
    const again = sentAt(2_600, 4, doubtful?.ackId);
    await take(again);

    expect(doubtful).toMatchObject({ next: 0 });
    expect(await letters()).toEqual([kept(again)]);
    expect(metrics).toMatchObject({ framesDoubled: 1, framesEarly: 1, framesDuplicate: 1 });
    expect(acks.at(-1)).toMatchObject({ next: 5, definitions: 0 });
  });

  it("is not seen in an ack of another store under the same id, once the device has another", async () => {
    const { take, acks, letters, metrics, time, nexts } = await start();
    const foreign = acks.at(-1)?.ackId;
    time.advance(60_000);
    await take(sentAt(60_000, 4));

    await take(sentAt(60_100, 5, acks.at(-1)?.ackId, 50_000));
    await take(sentAt(60_200, 5, foreign, 50_000));
    await take(sentAt(60_300, 5, acks.at(-1)?.ackId));

    expect(nexts().slice(-3)).toEqual([0, 0, 6]);
    expect(await letters()).toEqual([]);
    expect(metrics).toMatchObject({ framesDoubled: 0, framesStored: 4 });
  });

  it("is seen so after a restart as well, where all that comes is stored already", async () => {
    const { take, disk, time } = await start();
    time.advance(60_000);
    await take(sentAt(60_000, 4));
    time.advance(10_000);
    const after = await startReceive({}, 100, disk.diskAfterPowerCut(), time);
    await after.take(sentAt(2_000, 0));

    await after.take(sentAt(2_500, 4, after.acks[0]?.ackId));
    await after.take(sentAt(2_600, 4, after.acks[1]?.ackId));

    expect(after.metrics).toMatchObject({ framesDoubled: 1, framesEarly: 1, framesDuplicate: 1 });
  });

  it("is seen in what is new to it, which is stored once it brings all its definitions", async () => {
    const { take, acks, letters, framesOf, metrics, time, troubles } = await start();
    time.advance(60_000);
    await take(sentAt(60_000, 4));
    time.advance(10_000);
    await take(sentAt(2_000, 0));
    await take(sentAt(2_500, 5, acks.at(-1)?.ackId));

    await take(headedPayload(headerAt(2_600, 5, acks.at(-1)?.ackId), headWith(1, 1)));
    await take(sentAt(2_700, 5, acks.at(-1)?.ackId));

    expect(acks.slice(-2)).toMatchObject([
      { next: 5, definitions: 0 },
      { next: 6, definitions: 0 },
    ]);
    expect(await letters()).toEqual([]);
    expect((await framesOf("pump")).at(-1)).toMatchObject({ from: 5, end: 6 });
    expect(metrics).toMatchObject({ framesDoubled: 1, framesEarly: 1, framesLacking: 1 });
    expect(troubles[0]).toContain('Cannot tell boots of device "pump" apart');
  });

  it("claims no bound for its stamps, not after a restart either", async () => {
    const { take, acks, devices, disk, time } = await start();
    time.advance(2_000);
    await take(sentAt(2_000, 4, acks.at(-1)?.ackId, 1_600));
    const before = devices.readClock("pump", boot)?.(1_800).quality;
    await take(other(0, 2));

    const after = await startReceive({}, 100, disk.diskAfterPowerCut(), time);
    await after.devices.loadClock("pump", boot);

    const stamps = [devices, after.devices].map((one) => one.readClock("pump", boot)?.(1_800));
    expect(before).toBe("synced");
    expect(stamps).toMatchObject(Array(2).fill({ errorMs: null, quality: "estimated" }));
  });

  it("is remembered over a restart", async () => {
    const { take, disk } = await start();
    await take(other(0, 2));

    const after = await startReceive({}, 100, disk.diskAfterPowerCut());
    await after.take(other(2, 2));

    expect(after.metrics).toMatchObject({ framesDoubled: 1, framesDuplicate: 0 });
  });

  it("is not seen in a frame that comes again, whoever sends it, or has given way", async () => {
    const { take, metrics, letters } = await start();

    await take(payloadOf({ ...headerOf(boot, 0, 2), sendUptimeMs: 70_000 }));
    await take(payloadOf(replayed(headerOf(boot, 0, 2))));
    await take(encodeFrame({ header: headerOf(boot, 0, 2), body: powerLossBody(2, 0) }));
    await take(payloadOf({ ...headerOf(boot, 2, 2), sendUptimeMs: 70_000 }));

    expect(await letters()).toEqual([]);
    expect(metrics).toMatchObject({ framesDoubled: 0, framesDuplicate: 4 });
  });
});
