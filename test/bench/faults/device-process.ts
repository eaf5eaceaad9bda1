/** Several devices in one process: `node device-process.js <DeviceProcessOptions as JSON>`. */
import { setTimeout as wait } from "node:timers/promises";
import { connect, type MqttClient } from "mqtt";
import { connectOptions, createLogger, type Logger } from "../../../device/index.ts";
import { callOf } from "./calls.ts";
import { appendTruth, type Truth } from "./truth.ts";

export interface DeviceProcessOptions {
  devices: DeviceOptions[];
  port: number;
  /** File of the truth. */
  truth: string;
  /** Of each device. */
  eventsPerSecond: number;
}

export interface DeviceOptions {
  name: string;
  outboxBytes: number;
  /** Folder of its flash; absent for RAM alone. */
  journal?: string;
}

/** What the parent asks for: no more calls, or the end. */
export type Order = "quiet" | "stop";

/** What it hears, again and again: events without an ack. */
export interface Report {
  pending: number;
}

interface Device {
  log: Logger;
  client: MqttClient;
  /** Makes the next call. */
  call(): void;
  /** Whether this boot has made none: nobody but it can tell the agent that the one before is over. */
  isSilent(): boolean;
  close(): Promise<void>;
}

const reportEveryMs = 300;
const closeLimitMs = 30_000;

/** Reasons for which an event gets no seq. */
const refusedOf = ({ dropped }: ReturnType<Logger["stats"]>): number =>
  (dropped.ring_full ?? 0) +
  (dropped.rate_limited ?? 0) +
  (dropped.too_large ?? 0) +
  (dropped.busy ?? 0);

const startDevice = (options: DeviceOptions, port: number, truth: Truth): Device => {
  const { name: device, outboxBytes, journal } = options;
  const client = connect(`mqtt://127.0.0.1:${port}`, {
    ...connectOptions(device),
    reconnectPeriod: 500,
    connectTimeout: 5_000,
    keepalive: 10,
  });
  client.on("error", () => {});
  const log = createLogger({
    device,
    mqtt: client,
    level: "debug",
    flushAfterMs: 1_000,
    outboxBytes,
    ...(journal === undefined ? {} : { journal }),
  });
  const { boot } = log.stats();
  truth.write({ kind: "boot", device, boot, hasFlash: journal !== undefined });
  let ordinal = 0;
  return {
    log,
    client,
    call() {
      const { level, format, values } = callOf(ordinal);
      truth.write({ kind: "call", device, boot, ordinal, epochMs: Date.now() });
      log[level](format, ...values);
      const stats = log.stats();
      const { logged } = stats;
      const refused = refusedOf(stats);
      truth.write({ kind: "made", device, boot, epochMs: Date.now(), logged, refused });
      ordinal++;
    },
    isSilent: () => ordinal === 0,
    async close() {
      if (await log.close(closeLimitMs)) truth.write({ kind: "closed", device, boot });
      await client.endAsync(true);
    },
  };
};

const main = async ({ devices, port, truth: path, eventsPerSecond }: DeviceProcessOptions) => {
  const truth = appendTruth(path);
  const running = devices.map((options) => startDevice(options, port, truth));
  let order: Order | undefined;
  process.on("message", (message: Order) => {
    order = message;
  });
  process.once("disconnect", () => process.exit(1));
  const report = (): void => {
    const pending = running.reduce((sum, { log }) => sum + log.stats().pending, 0);
    process.send?.({ pending } satisfies Report);
  };
  setInterval(report, reportEveryMs);
  const pauseMs = 1_000 / eventsPerSecond;
  const run = async (device: Device): Promise<void> => {
    while (order === undefined) {
      await wait(Math.random() * 2 * pauseMs);
      if (order === undefined) device.call();
    }
    if (device.isSilent()) device.call();
    while (order !== "stop") await wait(reportEveryMs);
    await device.close();
  };
  await Promise.all(running.map(run));
  truth.close();
  process.exit(0);
};

await main(JSON.parse(process.argv[2] as string) as DeviceProcessOptions);
