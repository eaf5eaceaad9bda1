import { createStreams } from "../../../agent/delivery/stream.ts";
import { createDevices } from "../../../agent/devices.ts";
import { createMetrics } from "../../../agent/metrics.ts";
import { unackedLimitFrames } from "../../../agent/receive/overrun.ts";
import { createReceive } from "../../../agent/receive.ts";
import type { Settings } from "../../../agent/settings.ts";
import { createLevelSpool } from "../../../agent/spool/level/level-spool.ts";
import { createWallClock, type Time } from "../../../agent/time.ts";
import { decodeAck } from "../../../shared/codec/downlink.ts";
import { shardOf } from "../../../shared/topic.ts";
import type { Fleet } from "./fleet.ts";

/** A clock that stands where it is put; the fleet's last event is just past when it reads 0. */
const createPastTime = (spanMs: number): Time & { set(uptimeMs: number): void } => {
  const startMs = Date.now() - spanMs;
  let uptimeMs = 0;
  return {
    epochMs: () => startMs + uptimeMs,
    monotonicMs: () => uptimeMs,
    after: () => () => {},
    set(nextMs) {
      uptimeMs = nextMs;
    },
  };
};

/** Of a frame, and of an ack. */
const latencyMs = 5;

/** Waits until so many frames are stored, or the spool fails. */
const createStoredCount = () => {
  let count = 0;
  let wanted = Number.POSITIVE_INFINITY;
  let resolve = (): void => {};
  let fail = (_cause: unknown): void => {};
  return {
    add() {
      count++;
      if (count === wanted) resolve();
    },
    fail: (cause: unknown) => fail(cause),
    reach: (frames: number): Promise<void> =>
      new Promise((accept, reject) => {
        wanted = frames;
        resolve = accept;
        fail = reject;
        if (count >= frames) accept();
      }),
  };
};

/** Frames of a device that wait for an ack: half of those that are taken, for an ack comes a moment after it is counted. */
const sentAtOnceFrames = unackedLimitFrames / 2;

type Receive = ReturnType<typeof createReceive>;

/** Sends all first frames, waits for their acks, then sends the rest, as many at a time as are taken. */
const sendAll = async (
  fleet: Fleet,
  ackIds: ReadonlyMap<string, number>,
  { receive, setUptime, acked }: SendOptions,
): Promise<void> => {
  const ackedAtMs = fleet.endUptimeMs(0) + 2 * latencyMs;
  for (let frame = 0; frame < fleet.frames; frame++) {
    const sendUptimeMs = fleet.endUptimeMs(frame);
    setUptime(sendUptimeMs + latencyMs);
    for (const [index, device] of fleet.names.entries()) {
      const ackId = ackIds.get(device) ?? 0;
      const ackUptimeMs = ackId > 0 ? ackedAtMs : sendUptimeMs;
      const source = { device, shard: shardOf(device), channel: "up" } as const;
      receive(source, fleet.encode(index, frame, { sendUptimeMs, ackId, ackUptimeMs }));
    }
    if (frame % sentAtOnceFrames === 0) await acked((frame + 1) * fleet.devices);
  }
  await acked(fleet.devices * fleet.frames);
};

interface SendOptions {
  receive: Receive;
  setUptime(uptimeMs: number): void;
  /** Resolves once so many frames are acked. */
  acked(frames: number): Promise<void>;
}

/**
 * Stores all frames of a fleet as an agent would that cannot reach CloudWatch. Devices have had an
 * ack, so that their clocks are synced. Leaves the spool closed.
 */
export const fillSpool = async (
  directory: string,
  fleet: Fleet,
  settings: Settings,
): Promise<void> => {
  const time = createPastTime(fleet.endUptimeMs(fleet.frames - 1) + 1_000);
  const spool = await createLevelSpool({ ...settings.spool, directory, onEvicted() {} });
  const limit = fleet.devices;
  const toEpochMs = createWallClock(time);
  const stored = createStoredCount();
  /** Of the first acks: all frames return them, with the uptime at which those came. */
  const ackIds = new Map<string, number>();
  const receive = createReceive({
    spool,
    time,
    metrics: createMetrics(),
    devices: createDevices({
      boots: spool.boots,
      boot: spool.boot,
      held: spool.held,
      limit,
      toEpochMs,
    }),
    laneOf: createStreams({ ...settings.cloudwatch, fleet: settings.fleet }).laneOf,
    send(device, payload) {
      const decoded = decodeAck(payload);
      if (decoded.ok && !ackIds.has(device)) ackIds.set(device, decoded.ack.ackId);
    },
    onStored: stored.add,
    onTrouble: (message) => stored.fail(new Error(message)),
    onFatal: stored.fail,
  });
  await sendAll(fleet, ackIds, { receive, setUptime: time.set, acked: stored.reach });
  await spool.close();
};
