import { checkSettings } from "../../agent/config.ts";
import { createDelivery } from "../../agent/delivery/delivery.ts";
import { createStreams } from "../../agent/delivery/stream.ts";
import { createDevices } from "../../agent/devices.ts";
import { createMetrics } from "../../agent/metrics.ts";
import { createReceive } from "../../agent/receive.ts";
import type { SettingsInput } from "../../agent/settings.ts";
import { createWallClock, sleep } from "../../agent/time.ts";
import { createBodyWriter } from "../../shared/codec/body-writer.ts";
import { decodeAck } from "../../shared/codec/downlink.ts";
import { addEntry, encodeSealed } from "../../shared/codec/encode.ts";
import { createTable } from "../../shared/codec/table.ts";
import type { Value } from "../../shared/event.ts";
import type { Boot } from "../../shared/frame.ts";
import { shardOf } from "../../shared/topic.ts";
import { bootOf, headerOf } from "./any-receipt.ts";
import { answerOf, FakeCloudWatch } from "./fake-cloudwatch.ts";
import { fakeSpool } from "./fake-spool.ts";
import type { FakeDisk } from "./fake-store.ts";
import { type FakeTime, fakeTime } from "./fake-time.ts";

const frameLimitBytes = 1_200;

/** A device with the real tables and writers, one frame for each event. */
export interface LoggingDevice {
  id: string;
  boot: Boot;
  /** The payload of a frame with one event, whose format may be a token. */
  log(format: string, ...values: Value[]): Uint8Array;
  hear(definitions: number): void;
}

/** `dictionary`: the hash that its tokens refer to. */
export const loggingDevice = (id: string, dictionary?: string, bootNumber = 1): LoggingDevice => {
  const boot = bootOf(bootNumber);
  const table = createTable({ sites: 20, texts: 5 }, dictionary);
  const writer = createBodyWriter(table);
  let seq = 0;
  return {
    id,
    boot,
    log(format, ...values) {
      const site = { level: "info", tag: "", format } as const;
      addEntry(writer, { kind: "event", uptimeMs: seq, site, values }, frameLimitBytes);
      const header = headerOf(boot, seq++, 1);
      return encodeSealed(header, writer.seal(), table);
    },
    hear: table.acked,
  };
};

export interface WholeAgentOptions {
  settings?: SettingsInput;
  disk?: FakeDisk;
  time?: FakeTime;
  /** Template of the stream. */
  stream?: string;
  /** How long a call takes. */
  callMs?: number;
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 30; turn++) await new Promise(setImmediate);
};

/** Receive, spool and delivery, with a fake disk and a fake CloudWatch. */
export const startWholeAgent = async (options: WholeAgentOptions = {}) => {
  const { time = fakeTime(), stream = "{device}" } = options;
  const settings = checkSettings(
    { ...options.settings, delivery: { flushAfterMs: 0, ...options.settings?.delivery } },
    "the test",
  );
  const disk = await fakeSpool({ limitBytes: 100_000_000 }, options.disk);
  const { spool } = disk;
  const metrics = createMetrics();
  const { callMs = 0 } = options;
  const cloudwatch = new FakeCloudWatch(async () => {
    if (callMs > 0) await sleep(time, callMs);
    return answerOf();
  });
  const streams = createStreams({ group: "g", stream, fleet: "test" });
  const dictionaries = new Map<string, { entries: { format: string }[] }>();
  const troubles: string[] = [];
  const shared = {
    ...{ settings, spool, metrics, cloudwatch, streams, time },
    onTrouble: (message: string) => troubles.push(message),
    onFatal(cause: unknown): void {
      throw cause;
    },
  };
  const devices = createDevices({
    ...{ boots: spool.boots, boot: spool.boot, held: spool.held },
    limit: 100,
    toEpochMs: createWallClock(time),
  });
  const delivery = createDelivery({
    ...shared,
    intended: await spool.intended(),
    dictionaries: { find: (hash) => dictionaries.get(hash) },
    dictionaryFolder: "/dictionaries",
    random: () => 0.99,
    async loadClocks(boots) {
      for (const { device, boot } of boots) await devices.loadClock(device, boot);
    },
    clockOf: () => (uptimeMs) => ({
      epochMs: time.epochMs() - time.monotonicMs() + uptimeMs,
      errorMs: 1,
      quality: "synced",
    }),
    onRepeat: () => {},
  });
  const talking = new Map<string, LoggingDevice>();
  const receive = createReceive({
    ...shared,
    devices,
    laneOf: streams.laneOf,
    send(id, payload) {
      const decoded = decodeAck(payload);
      if (decoded.ok) talking.get(id)?.hear(decoded.ack.definitions);
    },
    onStored: (lane) => delivery.wake(lane, true),
  });
  for (const lane of spool.lanes()) delivery.wake(lane, true);
  return {
    ...{ disk, spool, metrics, cloudwatch, troubles, time, delivery },
    async take(device: LoggingDevice, payload: Uint8Array): Promise<void> {
      talking.set(device.id, device);
      receive({ device: device.id, shard: shardOf(device.id), channel: "up" }, payload);
      await turns();
    },
    /** Lets all go on that need not wait, for this long. */
    async pass(ms = 100): Promise<void> {
      for (let step = 0; step < 10; step++) {
        time.advance(ms / 10);
        await turns();
      }
    },
    bring(hash: string, ...formats: string[]): void {
      dictionaries.set(hash, { entries: formats.map((format) => ({ format })) });
      delivery.arrived(hash);
    },
    takeAway: (hash: string) => dictionaries.delete(hash),
    /** Messages of logged events that CloudWatch accepted, in order. */
    messages(): string[] {
      return cloudwatch.calls
        .filter(({ action }) => action === "PutLogEvents")
        .flatMap(({ params }) => params.logEvents as { message: string }[])
        .flatMap(({ message }) => JSON.parse(message).message ?? []);
    },
  };
};
