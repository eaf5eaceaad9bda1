import { createDevices } from "../../agent/devices.ts";
import { createMetrics } from "../../agent/metrics.ts";
import { createReceive } from "../../agent/receive.ts";
import type { SpoolLimits } from "../../agent/spool/spool.ts";
import { createWallClock } from "../../agent/time.ts";
import { decodeAck } from "../../shared/codec/downlink.ts";
import type { Ack } from "../../shared/downlink.ts";
import { shardOf } from "../../shared/topic.ts";
import { fakeSpool } from "./fake-spool.ts";
import type { FakeDisk } from "./fake-store.ts";
import { type FakeTime, fakeTime } from "./fake-time.ts";

const everything = Number.MAX_SAFE_INTEGER;

/** Lets all that can go on without the disk go on. */
export const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
};

/** Receives frames of devices into a fake spool, and tells what became of them. */
export const startReceive = async (
  limits: Partial<SpoolLimits> = {},
  devicesLimit = 100,
  before?: FakeDisk,
  time: FakeTime = fakeTime(),
) => {
  const metrics = createMetrics();
  const disk = await fakeSpool(
    { onEvicted: () => metrics.deadLettersEvicted++, ...limits },
    before,
  );
  const { spool } = disk;
  const acks: Ack[] = [];
  const stored: string[] = [];
  const troubles: string[] = [];
  const fatals: unknown[] = [];
  const devices = createDevices({
    boots: spool.boots,
    boot: spool.boot,
    held: spool.held,
    limit: devicesLimit,
    toEpochMs: createWallClock(time),
  });
  const receive = createReceive({
    devices,
    spool,
    laneOf: (device) => `g:${device}`,
    send(_device, payload) {
      const decoded = decodeAck(payload);
      if (decoded.ok) acks.push(decoded.ack);
    },
    onStored: (lane) => stored.push(lane),
    onTrouble: (message) => troubles.push(message),
    onFatal: (cause) => fatals.push(cause),
    metrics,
    time,
  });
  const take = async (payload: Uint8Array, device = "pump"): Promise<void> => {
    receive({ device, shard: shardOf(device), channel: "up" }, payload);
    await turns();
  };
  const framesOf = (device: string) => spool.read(`g:${device}`, everything);
  const nexts = (): number[] => acks.map(({ next }) => next);
  return {
    ...{ time, disk, spool, metrics, acks, stored, troubles, fatals, devices },
    ...{ receive, take, framesOf, nexts },
  };
};
