import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { AWSCloudWatchLogs } from "../../agent/cloudwatch/client.ts";
import { readAll } from "../../agent/demo/read-all.ts";
import { createChance } from "../../agent/local/chance.ts";
import { createEndpoint, type Endpoint } from "../../agent/local/endpoint.ts";
import { throttled, unavailable } from "../../agent/local/faults.ts";
import { type AgentRuns, createAgentRuns } from "./day/agent-runs.ts";
import { type Devices, startDevices } from "./day/devices.ts";
import { compare, type Verdict } from "./day/verdict.ts";
import { freePort } from "./free-port.ts";

/** The last line. */
interface Day extends Verdict {
  /** What the agent says may be doubled. */
  counted: number;
  kills: number;
  seconds: number;
}

interface Flags {
  events: number;
  seed: number;
}

const keys = { accessKeyId: "AKIDBENCHMARK", secretAccessKey: "secret-of-the-benchmark" };
const region = "us-east-1";
const devices = 25;
const eventsPerSecond = 1_000;

/** After it is ready the agent lives this long. */
const livesMs = { least: 3_000, most: 6_000 };

const unknownOutcomeWaitMs = 2_000;

/** Most calls can be read before the agent repeats them; one in ten only afterwards. */
const visibility = { soonMs: 1_500, lateShare: 0.1, lateMs: 3_000, latestMs: 5_000 };

const drainMs = 120_000;

const settingsText = (directory: string, port: number): string => `
data = ${JSON.stringify(join(directory, "agent"))}
fleet = "day"
[mqtt]
port = ${port}
[delivery]
flushAfterMs = 500
unknownOutcomeWaitMs = ${unknownOutcomeWaitMs}
drainMs = ${drainMs}
`;

const between = (random: () => number, least: number, most: number): number =>
  least + random() * (most - least);

const startService = async (directory: string, seed: number): Promise<Endpoint> => {
  const random = createChance(seed);
  const { soonMs, lateShare, lateMs, latestMs } = visibility;
  const endpoint = await createEndpoint({
    directory: join(directory, "logs"),
    ...keys,
    visibilityDelayMs: () =>
      random() < lateShare ? between(random, lateMs, latestMs) : between(random, 0, soonMs),
  });
  endpoint.faults.strike(seed, [
    { fault: throttled, probability: 0.2, action: "PutLogEvents" },
    { fault: unavailable, probability: 0.05 },
    { fault: { kind: "cut-after" }, probability: 0.02, action: "PutLogEvents" },
  ]);
  return endpoint;
};

/** Kills the agent every few seconds until the devices have finished; gives how often. */
const killUntil = async (finished: Promise<void>, agent: AgentRuns, seed: number) => {
  const random = createChance(seed + 1);
  let kills = 0;
  let isFinished = false;
  const watched = finished.then(() => {
    isFinished = true;
  });
  for (;;) {
    await Promise.race([watched, wait(between(random, livesMs.least, livesMs.most))]);
    if (isFinished) return kills;
    await agent.kill();
    kills++;
    await agent.start();
  }
};

const readBack = async (endpoint: Endpoint, group: string) => {
  const client = new AWSCloudWatchLogs(region, keys.accessKeyId, keys.secretAccessKey, {
    endpoint: endpoint.url,
    environment: {},
  });
  const streams = await readAll(client, group);
  await client.close();
  return streams;
};

const live = async (
  { agent, endpoint, fleet }: { agent: AgentRuns; endpoint: Endpoint; fleet: Devices },
  { seed }: Flags,
): Promise<Day> => {
  const startMs = performance.now();
  const kills = await killUntil(fleet.finish(), agent, seed);
  await fleet.stop();
  const isDrained = await agent.stop();
  if (!isDrained) process.stdout.write(`Something was left after ${drainMs} ms\n`);
  const seconds = Math.round((performance.now() - startMs) / 1_000);
  process.stdout.write(`faults: ${JSON.stringify(endpoint.faults.injected)}\n`);
  process.stdout.write(`dropped on devices: ${fleet.dropped()}\n`);
  endpoint.faults.clear();
  await wait(visibility.latestMs);
  const verdict = compare(fleet.logged, await readBack(endpoint, "/fleetlog/day"));
  return { ...verdict, counted: agent.counted(), kills, seconds };
};

const integerOf = (name: string, text: string): number => {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new Error(`Cannot use --${name} "${text}": give an integer from 1`);
};

const parseFlags = (args: string[]): Flags => {
  const { values } = parseArgs({
    args,
    options: {
      events: { type: "string", default: "200000" },
      seed: { type: "string", default: "1" },
    },
  });
  return { events: integerOf("events", values.events), seed: integerOf("seed", values.seed) };
};

const isGood = ({ missing, doubled, counted, outOfOrder }: Day): boolean =>
  missing === 0 && doubled <= counted && outOfOrder === 0;

/**
 * `bench -- day`: 20 % of calls throttled, 5 % unavailable, 2 % cut after they were applied, readers
 * that see late, and an agent that dies by SIGKILL every few seconds; ends with a line of JSON.
 */
export const runDay = async (args: string[]): Promise<void> => {
  const flags = parseFlags(args);
  const directory = await mkdtemp(join(tmpdir(), "fleetlog-day-"));
  const port = await freePort();
  const config = join(directory, "fleetlog.toml");
  await writeFile(config, settingsText(directory, port));
  const endpoint = await startService(directory, flags.seed);
  const agent = createAgentRuns({
    config,
    environment: {
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: endpoint.url,
    },
  });
  try {
    await agent.start();
    const fleet = startDevices({ port, devices, eventsPerSecond, events: flags.events });
    const day = await live({ agent, endpoint, fleet }, flags);
    process.stdout.write(`${JSON.stringify(day)}\n`);
    if (!isGood(day)) process.exitCode = 1;
  } finally {
    await agent.kill();
    await endpoint.stop();
    await rm(directory, { recursive: true, force: true });
  }
};
