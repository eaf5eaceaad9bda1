import { randomBytes } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Agent, createAgent } from "../agent.ts";
import { AWSCloudWatchLogs } from "../cloudwatch/client.ts";
import { createEndpoint, type Endpoint } from "../local/endpoint.ts";
import { createTroubleFilter } from "../log.ts";
import { createPage } from "../page/server.ts";
import { createTroubles, type Troubles } from "../page/status.ts";
import { sleep, systemTime } from "../time.ts";
import { check, type RecordedCall, type Verdict } from "./check.ts";
import { type DemoDevice, startDevice } from "./fleet.ts";
import { readAll } from "./read-all.ts";
import { createSummaryLine, type Summary } from "./summary.ts";

export interface DemoOptions {
  /** Folder for the store, the logs and the records. */
  directory: string;
  /** How long devices log; null until a signal comes. */
  forMs: number | null;
  /** Resolves when the demo should end. */
  stopped: Promise<void>;
  output: NodeJS.WriteStream;
}

const region = "us-east-1";
const fleet = "demo";
const group: string = `/fleetlog/${fleet}`;
const cutMs = 2_000;
/** When the door loses its connection and when the greenhouse restarts, of a run's length. */
const cutAt = 0.25;
const restartAt = 0.5;

interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
}

/** Runs agent, local CloudWatch endpoint and three devices; then reads back and compares. */
export const runDemo = async (options: DemoOptions): Promise<Verdict> => {
  const { directory, output } = options;
  const keys = { accessKeyId: "FLEETLOGDEMO", secretAccessKey: randomBytes(15).toString("hex") };
  const records = join(directory, "records");
  await mkdir(records, { recursive: true });
  const endpoint = await createEndpoint({ directory: join(directory, "logs"), region, ...keys });
  const { accessKeyId, secretAccessKey } = keys;
  const cloudwatch = new AWSCloudWatchLogs(region, accessKeyId, secretAccessKey, {
    endpoint: endpoint.url,
  });
  const troubles = createTroubles(systemTime.epochMs);
  const agent = await startAgent({ directory, cloudwatch, output, troubles });
  const page = await createPage({
    host: "127.0.0.1",
    port: 0,
    agent,
    fleet,
    group,
    stream: "{device}",
    troubles,
    now: systemTime.epochMs,
  });
  const devices = startDevices(agent.mqttUrl, records);
  output.write(welcome({ endpoint, keys, directory, pageUrl: page.url }));
  await watch(options, agent, devices);
  await Promise.all(devices.map((device) => device.stop()));
  await agent.stop();
  await page.stop();
  const verdict = check(await readRecords(devices), await readAll(cloudwatch, group));
  await cloudwatch.close();
  await endpoint.stop();
  return verdict;
};

interface AgentOptions extends Pick<DemoOptions, "directory" | "output"> {
  cloudwatch: AWSCloudWatchLogs;
  troubles: Troubles;
}

const startAgent = ({ directory, cloudwatch, output, troubles }: AgentOptions): Promise<Agent> =>
  createAgent(
    {
      data: join(directory, "agent"),
      fleet,
      mqtt: { port: 0 },
      delivery: { flushAfterMs: 500 },
    },
    {
      cloudwatch,
      onTrouble: createTroubleFilter((message) => {
        troubles.note(message);
        output.write(`\n${message}\n`);
      }, systemTime),
    },
  );

const startDevices = (mqttUrl: string, directory: string): [DemoDevice, DemoDevice, DemoDevice] => [
  startDevice({ name: "pump-7", program: "pump", mqttUrl, directory }),
  startDevice({ name: "greenhouse-2", program: "greenhouse", mqttUrl, directory }),
  startDevice({ name: "door-1", program: "door", mqttUrl, directory }),
];

interface Welcome {
  endpoint: Endpoint;
  keys: Keys;
  directory: string;
  pageUrl: string;
}

const welcome = ({ endpoint, keys, directory, pageUrl }: Welcome): string =>
  `Three devices log to an agent, the agent to a CloudWatch Logs endpoint on this machine.
Everything is kept in ${directory}
The fleet, in a browser: ${pageUrl}

Read the logs, in another terminal, with the AWS command line, version 2:
  export AWS_ACCESS_KEY_ID=${keys.accessKeyId} AWS_SECRET_ACCESS_KEY=${keys.secretAccessKey} AWS_DEFAULT_REGION=${region}
  aws --endpoint-url ${endpoint.url} logs tail ${group} --since 1h --follow

`;

/** Shows the summary until the end; cuts one device and restarts another on the way. */
const watch = async (
  { forMs, stopped, output }: DemoOptions,
  agent: Agent,
  devices: [DemoDevice, DemoDevice, DemoDevice],
): Promise<void> => {
  const line = createSummaryLine(output);
  const startedMs = systemTime.monotonicMs();
  const [, greenhouse, door] = devices;
  const lengthMs = forMs ?? 20_000;
  const cancelCut = systemTime.after(lengthMs * cutAt, () => {
    line.end();
    output.write(`${door.name} loses its connection for ${cutMs / 1_000} s\n`);
    door.cut(cutMs);
  });
  let restarting: Promise<void> | undefined;
  const cancelRestart = systemTime.after(lengthMs * restartAt, () => {
    line.end();
    output.write(`${greenhouse.name} restarts\n`);
    restarting = greenhouse.restart();
  });
  const end = forMs === null ? stopped : Promise.race([stopped, sleep(systemTime, forMs)]);
  let isRunning = true;
  void end.then(() => {
    isRunning = false;
  });
  while (isRunning) {
    line.show(summaryOf(agent, devices));
    await Promise.race([end, sleep(systemTime, output.isTTY ? 250 : 2_000)]);
  }
  cancelCut();
  cancelRestart();
  await restarting;
  line.show(summaryOf(agent, devices));
  line.end();
  const ranMs = systemTime.monotonicMs() - startedMs;
  output.write(`Stopping after ${(ranMs / 1_000).toFixed(1)} s: flushing, then reading back\n`);
};

const summaryOf = (agent: Agent, devices: DemoDevice[]): Summary => {
  const stats = devices.map((device) => device.stats());
  const { metrics } = agent;
  return {
    online: agent.online().length,
    logged: stats.reduce((sum, { logged }) => sum + logged, 0),
    acked: stats.reduce((sum, { acked }) => sum + acked, 0),
    delivered: metrics.eventsDelivered,
    waiting: agent.pending().frames,
    dropped: Object.values(metrics.dropped).reduce((sum, count) => sum + count, 0),
    duplicates: metrics.possiblyDuplicated,
  };
};

const readRecords = async (devices: DemoDevice[]): Promise<RecordedCall[]> => {
  const calls: RecordedCall[] = [];
  for (const { name, recordPath } of devices) {
    const lines = (await readFile(recordPath, "utf8")).split("\n").filter((line) => line !== "");
    for (const line of lines) calls.push({ device: name, ...JSON.parse(line) });
  }
  return calls;
};
