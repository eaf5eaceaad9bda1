import { cp, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type Agent, createAgent } from "../../../agent/agent.ts";
import type { AWSCloudWatchLogs } from "../../../agent/cloudwatch/client.ts";
import type { Metrics } from "../../../agent/metrics.ts";
import type { SettingsInput } from "../../../agent/settings.ts";
import { type Cost, startMeter } from "../measure.ts";

export interface RunOptions {
  /** Folder for what the run needs. */
  directory: string;
  /** A filled spool; the run takes a copy. */
  spool: string;
  settings: SettingsInput;
  cloudwatch: AWSCloudWatchLogs;
  /** How many must be delivered. */
  events: number;
}

/** What one delivery of a whole spool took. */
export interface Run {
  cost: Cost;
  metrics: Readonly<Metrics>;
}

const pollMs = 2;
const limitMs = 120_000;

const untilDelivered = async (agent: Agent, events: number): Promise<void> => {
  const untilMs = performance.now() + limitMs;
  while (agent.metrics.eventsDelivered < events || agent.pending().frames > 0) {
    if (performance.now() > untilMs) {
      const { eventsDelivered } = agent.metrics;
      throw new Error(`Delivered ${eventsDelivered} of ${events} events in ${limitMs} ms`);
    }
    await wait(pollMs);
  }
};

/** Delivers a copy of a spool with an agent that no device reaches. */
export const deliverSpool = async (options: RunOptions): Promise<Run> => {
  const data = await mkdtemp(join(options.directory, "run-"));
  await cp(options.spool, join(data, "spool"), { recursive: true });
  const agent = await createAgent(
    { ...options.settings, data, mqtt: { port: 0 } },
    {
      cloudwatch: options.cloudwatch,
      onTrouble: (message) => process.stderr.write(`${message}\n`),
    },
  );
  const stop = startMeter();
  try {
    await untilDelivered(agent, options.events);
    return { cost: stop(), metrics: { ...agent.metrics } };
  } finally {
    await agent.stop();
    await rm(data, { recursive: true, force: true });
  }
};
