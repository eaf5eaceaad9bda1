import { setTimeout as wait } from "node:timers/promises";
import { connect, type MqttClient } from "mqtt";
import { connectOptions, createLogger, type Logger } from "../../../device/index.ts";

export interface DevicesOptions {
  port: number;
  devices: number;
  /** Of all devices together. */
  events: number;
  /** Of all devices together, in a second, as far as acks come. */
  eventsPerSecond: number;
}

/** Real loggers over real connections. Each event carries its ordinal within its device. */
export interface Devices {
  /** Resolves once everything is logged and acked. */
  finish(): Promise<void>;
  /** Nothing more is logged. */
  enough(): void;
  /** Events the agent has said it stored. */
  acked(): number;
  /** Events dropped on the devices: the pace leaves no reason for any. */
  dropped(): number;
  /** What each has logged. */
  logged: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

interface Device {
  name: string;
  events: number;
  log: Logger;
  client: MqttClient;
}

const pauseMs = 50;

/** A device that has this many events without an ack waits, as its outbox is bounded. */
const pendingLimit = 400;

const startDevice = (name: string, events: number, port: number): Device => {
  const client = connect(`mqtt://127.0.0.1:${port}`, {
    ...connectOptions(name),
    reconnectPeriod: 100,
  });
  client.on("error", () => {});
  return {
    name,
    events,
    client,
    log: createLogger({ device: name, mqtt: client, flushAfterMs: 200, rateLimit: false }),
  };
};

export const startDevices = (options: DevicesOptions): Devices => {
  const { port, devices: count, events, eventsPerSecond } = options;
  const share = (index: number): number =>
    Math.floor(((index + 1) * events) / count) - Math.floor((index * events) / count);
  const devices = Array.from({ length: count }, (_, index) =>
    startDevice(`pump-${index}`, share(index), port),
  );
  const logged = new Map(devices.map(({ name }) => [name, 0]));

  let isEnough = false;
  let isStopped = false;

  const run = async ({ name, log, events: total }: Device): Promise<void> => {
    const startMs = performance.now();
    let ordinal = 0;
    while (ordinal < total && !isEnough) {
      const dueEvents = ((performance.now() - startMs) / 1_000) * (eventsPerSecond / count);
      while (ordinal < Math.min(total, dueEvents) && log.stats().pending < pendingLimit) {
        log.info("speed %d rpm of %s, event %d", 900 + (ordinal % 700), name, ordinal++);
      }
      logged.set(name, ordinal);
      await wait(pauseMs);
    }
    while (!isStopped && log.stats().pending > 0) await wait(pauseMs);
  };
  const finished = Promise.all(devices.map(run));
  return {
    logged,
    async finish() {
      await finished;
    },
    enough() {
      isEnough = true;
    },
    acked: () => devices.reduce((sum, { log }) => sum + log.stats().acked, 0),
    dropped: () =>
      devices.reduce((sum, { log }) => {
        const { logged: all, acked, pending } = log.stats();
        return sum + all - acked - pending;
      }, 0),
    async stop() {
      isEnough = true;
      isStopped = true;
      for (const { log } of devices) await log.close();
      for (const { client } of devices) await client.endAsync(true);
    },
  };
};
