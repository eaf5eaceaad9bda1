import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type MqttClient } from "mqtt";
import { type Agent, createAgent } from "../../agent/agent.ts";
import { AWSCloudWatchLogs } from "../../agent/cloudwatch/client.ts";
import { readAll } from "../../agent/demo/read-all.ts";
import { createEndpoint, type Endpoint } from "../../agent/local/endpoint.ts";
import type { SettingsInput } from "../../agent/settings.ts";
import { connectOptions, createLogger, type Level, type Logger } from "../../device/index.ts";
import { bootTag } from "../../shared/boot-event.ts";
import { startLink, type TestLink } from "./link.ts";

export const group = "/fleetlog/test";
export const keys = { accessKeyId: "AKIDFLEETLOG", secretAccessKey: "secret-of-the-test" };

/** A delivered event with the fields of its message. */
export interface DeliveredEvent {
  timestamp: number;
  level: string;
  message: string;
  device: string;
  boot: string;
  seq: number;
  event?: string;
  [field: string]: unknown;
}

export interface TestDevice {
  log: Logger;
  client: MqttClient;
  /** Between this device and the agent. */
  link: TestLink;
  /** Closes the logger, then the connection; true if the agent has everything. */
  end(): Promise<boolean>;
}

export interface TestDeviceOptions {
  level?: Level;
  onIdentify?(): void;
  /** Of the broker, where that is not the agent's. */
  port?: number;
}

/** Devices, agent and endpoint, all real, joined on loopback. */
export interface TestSystem {
  endpoint: Endpoint;
  agent: Agent;
  cloudwatch: AWSCloudWatchLogs;
  troubles: string[];
  directory: string;
  startDevice(name: string, options?: TestDeviceOptions): Promise<TestDevice>;
  /**
   * Stops the agent and starts it anew on the same folder; devices find it by themselves. There is
   * none while `meanwhile` runs.
   */
  restartAgent(meanwhile?: () => Promise<void>): Promise<void>;
  /** Delivers all that waits and ends the agent; what CloudWatch then has, stream by stream. */
  settle(): Promise<DeliveredEvent[]>;
  stop(): Promise<void>;
}

const agentSettings = (directory: string, settings: SettingsInput): SettingsInput => ({
  data: join(directory, "agent"),
  fleet: "test",
  ...settings,
  mqtt: { port: 0, ...settings.mqtt },
  delivery: { flushAfterMs: 50, unknownOutcomeWaitMs: 1_000, drainMs: 2_000, ...settings.delivery },
});

export const readEvents = async (cloudwatch: AWSCloudWatchLogs): Promise<DeliveredEvent[]> => {
  const streams = await readAll(cloudwatch, group);
  return streams.flat().map(({ timestamp, message }) => ({ timestamp, ...JSON.parse(message) }));
};

export const startSystem = async (settings: SettingsInput = {}): Promise<TestSystem> => {
  const directory = await mkdtemp(join(tmpdir(), "fleetlog-test-"));
  const endpoint = await createEndpoint({ directory: join(directory, "logs"), ...keys });
  const cloudwatch = new AWSCloudWatchLogs("us-east-1", keys.accessKeyId, keys.secretAccessKey, {
    endpoint: endpoint.url,
  });
  const troubles: string[] = [];
  const start = (): Promise<Agent> =>
    createAgent(agentSettings(directory, settings), {
      cloudwatch,
      onTrouble: (message) => troubles.push(message),
    });
  let agent = await start();
  let isRunning = true;
  const devices: TestDevice[] = [];
  const stopAgent = async (): Promise<void> => {
    if (isRunning) await agent.stop();
    isRunning = false;
  };
  return {
    endpoint,
    cloudwatch,
    troubles,
    directory,
    get agent() {
      return agent;
    },
    async startDevice(name, { port, ...options } = {}) {
      const brokerPort = () => port ?? Number(new URL(agent.mqttUrl).port);
      const device = await startDevice(name, brokerPort, options);
      devices.push(device);
      return device;
    },
    async restartAgent(meanwhile) {
      await stopAgent();
      await meanwhile?.();
      agent = await start();
      isRunning = true;
    },
    async settle() {
      await stopAgent();
      return readEvents(cloudwatch);
    },
    async stop() {
      for (const { client, link } of devices) {
        await client.endAsync(true);
        await link.stop();
      }
      await stopAgent();
      await cloudwatch.close();
      await endpoint.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
};

const startDevice = async (
  name: string,
  port: () => number,
  options: Omit<TestDeviceOptions, "port">,
): Promise<TestDevice> => {
  const link = await startLink(port);
  const client = connect(`mqtt://127.0.0.1:${link.port}`, {
    ...connectOptions(name),
    reconnectPeriod: 50,
  });
  client.on("error", () => {});
  const flushAfterMs = 20;
  const log = createLogger({
    device: name,
    mqtt: client,
    level: "debug",
    flushAfterMs,
    ...options,
  });
  return {
    log,
    client,
    link,
    async end() {
      const isComplete = await log.close();
      await client.endAsync(true);
      return isComplete;
    },
  };
};

/** Resolves once `isTrue`; rejects with `what` after 15 s. */
export const until = async (what: string, isTrue: () => boolean): Promise<void> => {
  const limitMs = performance.now() + 15_000;
  while (!isTrue()) {
    if (performance.now() > limitMs) throw new Error(`Waited 15 s in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

/** Ordinals that events carry as their last value, in the order of the events. */
export const ordinals = (events: DeliveredEvent[], device: string): unknown[] =>
  events
    .filter(({ device: of, event, tag }) => of === device && event === undefined && tag !== bootTag)
    .map((event) => (event.args as unknown[]).at(-1));

export const count = (length: number): number[] => Array.from({ length }, (_, index) => index);
