import { join } from "node:path";
import { AWSCloudWatchLogs } from "../../agent/cloudwatch/client.ts";
import { checkSettings } from "../../agent/config.ts";
import { createDelivery } from "../../agent/delivery/delivery.ts";
import type { Schedule } from "../../agent/delivery/schedule/schedule.ts";
import { createStreams } from "../../agent/delivery/stream.ts";
import { readAll } from "../../agent/demo/read-all.ts";
import { createEndpoint, type Endpoint, type EndpointOptions } from "../../agent/local/endpoint.ts";
import { createMetrics, type Metrics } from "../../agent/metrics.ts";
import type { SettingsInput } from "../../agent/settings.ts";
import { createLevelSpool } from "../../agent/spool/level/level-spool.ts";
import type { Spool } from "../../agent/spool/spool.ts";
import type { Time } from "../../agent/time.ts";
import { encodeFrame } from "../../shared/codec/encode.ts";
import type { Entry, LogEvent } from "../../shared/event.ts";
import { withoutDictionaries } from "./any-reading.ts";
import { bootOf, headerOf, recordOf } from "./any-receipt.ts";
import { anyLimits } from "./fake-spool.ts";
import { hastyTime } from "./hasty-time.ts";

export const group = "/fleetlog/test";

const keys = { accessKeyId: "AKIDDELIVERY", secretAccessKey: "secret-of-the-test" };

/** An event as CloudWatch gives it back. */
export interface DeliveredEvent {
  timestamp: number;
  message: string;
}

/** A spool, its delivery and an endpoint, all real; frames are put in without devices. */
export interface DeliverySystem {
  endpoint: Endpoint;
  cloudwatch: AWSCloudWatchLogs;
  /** Of all deliveries together. */
  metrics: Metrics;
  troubles: string[];
  time: Time;
  spool(): Spool;
  /** Stores a frame of entries; an entry's uptime is its stamp in epoch ms. */
  store(device: string, entries: Entry[], boot?: number): Promise<void>;
  /** Delivers all that waits; false if some is left after a minute. */
  deliver(): Promise<boolean>;
  /** Stops as a crash does: calls under way are left without a hearer. Then starts anew. */
  crash(): Promise<void>;
  /** What CloudWatch has, stream by stream. */
  events(): Promise<DeliveredEvent[]>;
  stop(): Promise<void>;
}

export interface DeliverySystemOptions {
  settings?: SettingsInput;
  endpoint?: Partial<EndpointOptions>;
  /** How much faster than the machine's its time passes. */
  haste?: number;
}

interface Run {
  spool: Spool;
  schedule: Schedule;
  isOver: boolean;
}

const drainLimitMs = 60_000;

/** Starts one that keeps everything in `directory`. */
export const createDeliverySystem = async (
  directory: string,
  options: DeliverySystemOptions = {},
): Promise<DeliverySystem> => {
  const { haste = 10 } = options;
  const time = hastyTime(haste);
  const endpoint = await createEndpoint({
    directory: join(directory, "logs"),
    ...keys,
    nowMs: time.epochMs,
    ...options.endpoint,
  });
  const cloudwatch = new AWSCloudWatchLogs("us-east-1", keys.accessKeyId, keys.secretAccessKey, {
    endpoint: endpoint.url,
    now: time.epochMs,
    attempts: 1,
    environment: {},
  });
  const settings = checkSettings({ fleet: "test", ...options.settings }, "the test");
  const { cloudwatch: groups, fleet } = settings;
  const streams = createStreams({ ...groups, fleet, groups });
  const metrics = createMetrics();
  const troubles: string[] = [];
  const nextSeq = new Map<string, number>();

  const start = async (): Promise<Run> => {
    const spool = await createLevelSpool({
      ...anyLimits,
      limitBytes: 1_073_741_824,
      directory: join(directory, "spool"),
    });
    const run = { spool, isOver: false };
    const schedule = createDelivery({
      settings,
      spool,
      intended: await spool.intended(),
      streams,
      cloudwatch,
      metrics,
      time,
      ...withoutDictionaries(),
      random: Math.random,
      loadClocks: async () => {},
      clockOf: () => (uptimeMs) => ({
        epochMs: uptimeMs,
        errorMs: 1,
        quality: "synced",
      }),
      onTrouble: (message) => troubles.push(message),
      onRepeat: () => {},
      onFatal(cause) {
        if (!run.isOver) throw cause;
      },
    });
    return Object.assign(run, { schedule });
  };
  let run = await start();
  const end = async (isCrash: boolean): Promise<void> => {
    run.isOver = isCrash;
    const stopped = run.schedule.stop();
    if (!isCrash) await stopped;
    await run.spool.close();
  };
  return {
    endpoint,
    cloudwatch,
    metrics,
    troubles,
    time,
    spool: () => run.spool,
    async store(device, entries, bootNumber = 1) {
      const boot = bootOf(bootNumber);
      const place = `${device}/${bootNumber}`;
      const first = nextSeq.get(place) ?? 0;
      const end = first + entries.length;
      nextSeq.set(place, end);
      const header = headerOf(boot, first, entries.length);
      const frame = {
        lane: streams.laneOf(device, boot),
        device,
        boot,
        from: first,
        end,
        lost: 0,
        closes: [],
        bytes: encodeFrame({ header, body: { kind: "entries", entries } }),
      };
      await run.spool.append(frame, recordOf(frame, bootNumber), {
        isNewDevice: first === 0,
        forget: [],
      });
      run.schedule.wake(frame.lane, false);
    },
    async deliver() {
      for (const lane of run.spool.lanes()) run.schedule.wake(lane, true);
      await run.schedule.drain(drainLimitMs * haste);
      return run.spool.usage().frames === 0;
    },
    async crash() {
      await end(true);
      run = await start();
      for (const lane of run.spool.lanes()) run.schedule.wake(lane, true);
    },
    events: async () => (await readAll(cloudwatch, group)).flat(),
    async stop() {
      await end(false);
      await cloudwatch.close();
      await endpoint.stop();
    },
  };
};

/** An event stamped with `epochMs`. */
export const eventAt = (
  epochMs: number,
  format: string,
  values: LogEvent["values"] = [],
): LogEvent => ({
  kind: "event",
  uptimeMs: Math.floor(epochMs),
  site: { level: "info", tag: "", format },
  values,
});

/** The fields of delivered events in JSON form. */
export const fieldsOf = (events: DeliveredEvent[]): Record<string, unknown>[] =>
  events.map(({ timestamp, message }) => ({ timestamp, ...JSON.parse(message) }));
