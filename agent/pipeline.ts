import type { Source } from "../shared/topic.ts";
import type { AWSCloudWatchLogs } from "./cloudwatch/client.ts";
import type { Commands } from "./commands/commands.ts";
import type { FormatSource } from "./delivery/batch/formats.ts";
import { createDelivery, type DeliveryPaces } from "./delivery/delivery.ts";
import type { Streams } from "./delivery/stream.ts";
import { createDevices, type Devices } from "./devices.ts";
import type { Metrics } from "./metrics.ts";
import { remindDevice } from "./receive/ack.ts";
import { createReceive } from "./receive.ts";
import type { Settings } from "./settings.ts";
import type { Spool } from "./spool/spool.ts";
import { createWallClock, type Time } from "./time.ts";

/** What is the same for all pipelines of an agent. */
export interface PipelineOptions {
  settings: Settings;
  paces: DeliveryPaces;
  cloudwatch: AWSCloudWatchLogs;
  dictionaries: FormatSource;
  /** Where dictionaries are looked for. */
  dictionaryFolder: string;
  commands: Commands;
  streams: Streams;
  metrics: Metrics;
  time: Time;
  /** In [0, 1). */
  random(): number;
  /** Sends bytes to a device. */
  send(device: string, payload: Uint8Array): void;
  /** A device should not be heard for a while. */
  onLimited?(device: string, forMs: number): void;
  onTrouble(message: string): void;
  onRepeat(possiblyDuplicated: number): void;
  /** The spool failed: nothing more can be promised. */
  onFatal(cause: unknown): void;
}

/** The way of frames through one spool: from the devices to the disk, and from there to CloudWatch. */
export interface Pipeline {
  spool: Spool;
  devices: Devices;
  /** Takes a payload from an `up` topic; its device gets an ack once it is stored. */
  receive(source: Source, payload: Uint8Array): void;
  /** Sends the device its last ack once more, with what the ack must bring. */
  remind(device: string): Promise<void>;
  /** A dictionary is there that was not. */
  arrived(hash: string): void;
  /** Delivers all that was received; false if some is left after `limitMs`. */
  drain(limitMs: number): Promise<boolean>;
  /** Ends the calls under way, then closes the spool. What was not delivered waits in it. */
  stop(): Promise<void>;
}

/** Frames of this many bytes make about a full batch, which need not wait for its age. */
const fullLaneBytes = 262_144;

/** Ids of the first acks of different stores; they take two bytes in a header, as after 11 minutes anyhow. */
const ackIdStarts = 16_000;

/** Goes on with what waits in the spool. */
export const createPipeline = async (options: PipelineOptions, spool: Spool): Promise<Pipeline> => {
  const { settings, streams, time } = options;
  const devices = createDevices({
    boots: spool.boots,
    boot: spool.boot,
    held: spool.held,
    limit: settings.devicesInMemory,
    toEpochMs: createWallClock(time),
    machineBoot: time.machineBoot,
    firstAckId: 1 + (spool.storeId % ackIdStarts),
  });
  const shared = { ...options, spool, devices };
  const delivery = createDelivery({
    ...shared,
    intended: await spool.intended(),
    async loadClocks(boots) {
      for (const { device, boot } of boots) await devices.loadClock(device, boot);
    },
    clockOf: (device, boot) =>
      devices.readClock(device, boot) ??
      (() => ({ epochMs: Math.floor(time.epochMs()), errorMs: null, quality: "placed" })),
  });
  const receive = createReceive({
    ...shared,
    laneOf: streams.laneOf,
    onStored: (lane) => delivery.wake(lane, spool.laneBytes(lane) >= fullLaneBytes),
  });
  for (const lane of spool.lanes()) delivery.wake(lane, true);
  return {
    spool,
    devices,
    receive,
    remind: (device) => remindDevice(shared, device),
    arrived: delivery.arrived,
    async drain(limitMs) {
      await spool.synced();
      const isDrained = await delivery.drain(limitMs);
      return isDrained && spool.usage().asideBytes === 0;
    },
    async stop() {
      await delivery.stop();
      await spool.close();
    },
  };
};
