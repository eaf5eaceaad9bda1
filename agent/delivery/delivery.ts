import type { AWSCloudWatchLogs } from "../cloudwatch/client.ts";
import type { Metrics } from "../metrics.ts";
import type { CloudWatchSettings, DeliverySettings } from "../settings.ts";
import type { Spool } from "../spool/spool.ts";
import type { Time } from "../time.ts";
import { type ComposerOptions, createComposer } from "./batch/compose.ts";
import { createFormats, type FormatSource } from "./batch/formats.ts";
import { createRedact } from "./batch/redact.ts";
import { createStampWindow } from "./batch/stamp-window.ts";
import { createCreator } from "./create.ts";
import { type BodiesHeld, createDeliver } from "./deliver.ts";
import { createMetricRule } from "./message/metric.ts";
import { createOutcomes } from "./outcome/outcome.ts";
import { createAside } from "./schedule/aside.ts";
import { createOpenLanes } from "./schedule/open-lanes.ts";
import { createPace, type Pace } from "./schedule/pace.ts";
import { createSchedule, type Schedule } from "./schedule/schedule.ts";
import type { Streams } from "./stream.ts";

export interface DeliveryOptions extends Pick<ComposerOptions, "loadClocks" | "clockOf"> {
  settings: { fleet: string; delivery: DeliverySettings; cloudwatch: CloudWatchSettings };
  dictionaries: FormatSource;
  /** Where dictionaries are looked for. */
  dictionaryFolder: string;
  spool: Spool;
  /** Lanes with an intent of an earlier run. */
  intended: readonly string[];
  streams: Streams;
  cloudwatch: AWSCloudWatchLogs;
  /** Of all deliveries of an agent together; its own by default. */
  paces?: DeliveryPaces;
  metrics: Metrics;
  time: Time;
  /** In [0, 1). */
  random(): number;
  onTrouble(message: string): void;
  /** Events are about to be sent again that may have been delivered; how many so far. */
  onRepeat(possiblyDuplicated: number): void;
  /** The spool failed: nothing more can be promised. */
  onFatal(cause: unknown): void;
}

/** The service allows 25 GetLogEvents calls a second. */
const readsPerSecond = 20;

const fatalPauseMs = 60_000;

/** Bodies under way together, in bytes; so many lanes are served at once that each cannot have a full batch. */
const bodiesLimitBytes = 67_108_864;

/** How many calls may begin in a second, and what those under way hold. */
export interface DeliveryPaces {
  /** Of PutLogEvents. */
  pace: Pace;
  /** Of calls that read back. */
  readPace: Pace;
  bodies: BodiesHeld;
}

export const createDeliveryPaces = (
  { callsPerSecond }: Pick<DeliverySettings, "callsPerSecond">,
  time: Time,
): DeliveryPaces => ({
  pace: createPace({ callsPerSecond, time }),
  readPace: createPace({ callsPerSecond: readsPerSecond, time }),
  bodies: { bytes: 0 },
});

/** From the spool to CloudWatch: lanes that are woken are delivered. */
export interface Delivery extends Schedule {
  /** A dictionary is there that was not: what waits for it is delivered. */
  arrived(hash: string): void;
}

export const createDelivery = (options: DeliveryOptions): Delivery => {
  const { settings, cloudwatch, time, random } = options;
  const { pace, readPace, bodies } = options.paces ?? createDeliveryPaces(settings.delivery, time);
  const formats = createFormats(options.dictionaries);
  const shared = { ...options, ...settings.delivery, form: settings.cloudwatch.message, formats };
  const aside = createAside({
    ...options,
    directory: options.dictionaryFolder,
    waitMs: settings.delivery.dictionaryWaitMs,
    limitBytes: settings.delivery.dictionaryWaitBytes,
    wake: (lane) => schedule.wake(lane, true),
  });
  const lanes = createOpenLanes(options.intended, time, random);
  const creator = createCreator({
    ...options,
    groupSettingsOf: options.streams.groupSettingsOf,
  });
  const stampWindow = createStampWindow(() => time.epochMs() + (cloudwatch.clockOffsetMs() ?? 0));
  const metricRule = createMetricRule(settings.fleet);
  const redact = createRedact(settings.delivery.redact);
  const composer = createComposer({ ...shared, stampWindow, metricRule, redact, aside });
  const outcomes = createOutcomes({ ...shared, creator, pace, lanes, stampWindow });
  const deliver = createDeliver({ ...shared, composer, lanes, outcomes, readPace, bodies });
  const schedule = createSchedule({
    time,
    pace,
    workers: settings.delivery.workers,
    hasRoom: () => bodies.bytes < bodiesLimitBytes,
    ageMs: settings.delivery.flushAfterMs,
    step: (lane) =>
      deliver(lane).catch((cause: unknown) => {
        options.onFatal(cause);
        return { kind: "pause", pauseMs: fatalPauseMs };
      }),
  });
  return {
    ...schedule,
    arrived: aside.arrived,
    stop() {
      creator.stop();
      aside.stop();
      return schedule.stop();
    },
  };
};
