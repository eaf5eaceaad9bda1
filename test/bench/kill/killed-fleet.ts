import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { AWSCloudWatchLogs } from "../../../agent/cloudwatch/client.ts";
import { readAll } from "../../../agent/demo/read-all.ts";
import { createChance } from "../../../agent/local/chance.ts";
import { type AgentRuns, createAgentRuns } from "../day/agent-runs.ts";
import { type Devices, startDevices } from "../day/devices.ts";
import { compare, type Verdict } from "../day/verdict.ts";
import { freePort } from "../free-port.ts";
import { startEndpointRun } from "./endpoint-run.ts";

export interface KilledFleetOptions {
  kills: number;
  seed: number;
  devices: number;
  /** After it is ready the agent lives no longer than this. */
  longestLifeMs: number;
  /** The command line, built. */
  program: string;
  onKill?(kills: number): void;
}

/** What became of everything that was logged. */
export interface KilledFleet extends Verdict {
  kills: number;
  /** Events the agent told devices that it has. */
  acked: number;
  /** What the agent says may be doubled. */
  counted: number;
  seconds: number;
}

const keys = { accessKeyId: "AKIDBENCHMARK", secretAccessKey: "secret-of-the-benchmark" };
const region = "us-east-1";

/** Of each device: more than 50 would be dropped by its rate limit. */
const eventsPerSecond = 40;

/** One kill in ten comes while the agent starts, which takes about so long. */
const startShare = 0.1;
const startMs = 800;

const settingsText = (directory: string, port: number): string => `
data = ${JSON.stringify(join(directory, "agent"))}
fleet = "kill"
[mqtt]
port = ${port}
[delivery]
flushAfterMs = 100
unknownOutcomeWaitMs = 1000
drainMs = 60000
`;

const killAll = async (
  agent: AgentRuns,
  { kills, seed, longestLifeMs, onKill = () => {} }: KilledFleetOptions,
): Promise<void> => {
  const random = createChance(seed);
  for (let done = 0; done < kills; ) {
    const isEarly = random() < startShare;
    const started = agent.start();
    if (isEarly) started.catch(() => {});
    else await started;
    await wait(random() * (isEarly ? startMs : longestLifeMs));
    await agent.kill();
    onKill(++done);
  }
  await agent.start();
};

const endAll = async (agent: AgentRuns, fleet: Devices): Promise<void> => {
  fleet.enough();
  await fleet.finish();
  await fleet.stop();
  if (!(await agent.stop())) throw new Error("Cannot compare: something was left undelivered");
};

/** Devices log through an agent that is killed at random moments; all of them processes or connections of their own. */
export const runKilledFleet = async (options: KilledFleetOptions): Promise<KilledFleet> => {
  const { program, devices, kills } = options;
  const beganMs = performance.now();
  const directory = await mkdtemp(join(tmpdir(), "fleetlog-kill-"));
  const port = await freePort();
  const config = join(directory, "fleetlog.toml");
  await writeFile(config, settingsText(directory, port));
  const endpoint = await startEndpointRun({ program, directory: join(directory, "logs"), ...keys });
  const environment = {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: endpoint.url,
  };
  const agent = createAgentRuns({ config, environment, program });
  const fleet = startDevices({
    port,
    devices,
    eventsPerSecond: eventsPerSecond * devices,
    events: Number.MAX_SAFE_INTEGER,
  });
  const client = new AWSCloudWatchLogs(region, keys.accessKeyId, keys.secretAccessKey, {
    endpoint: endpoint.url,
    environment: {},
  });
  try {
    await killAll(agent, options);
    await endAll(agent, fleet);
    const verdict = compare(fleet.logged, await readAll(client, "/fleetlog/kill"));
    const seconds = Math.round((performance.now() - beganMs) / 1_000);
    return { kills, ...verdict, acked: fleet.acked(), counted: agent.counted(), seconds };
  } catch (cause) {
    await fleet.stop();
    throw cause;
  } finally {
    await agent.kill();
    await client.close();
    await endpoint.stop();
    await rm(directory, { recursive: true, force: true });
  }
};
