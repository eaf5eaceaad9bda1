import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Agent, createAgent } from "../../agent/agent.ts";
import type { DevicesArguments, DevicesReport } from "./connect/devices-process.ts";
import { startService } from "./deliver/service.ts";
import { rounded, startMeter } from "./measure.ts";

const entry = fileURLToPath(new URL("./connect/devices-process.js", import.meta.url));

const integerOf = (name: string, text: string, least: number): number => {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`Cannot use --${name} "${text}": give an integer from ${least}`);
};

const residentMb = (): number => process.memoryUsage.rss() / 1_048_576;

const pollMs = 100;

/** The most that is resident until it is stopped. */
const watchPeak = (): (() => number) => {
  let peakMb = residentMb();
  const timer = setInterval(() => {
    peakMb = Math.max(peakMb, residentMb());
  }, pollMs);
  return () => {
    clearInterval(timer);
    return peakMb;
  };
};

const partOf = (sorted: readonly number[], part: number): number =>
  rounded(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN);

const measure = async (agent: Agent, devices: number, pace: number): Promise<object> => {
  const beforeMb = residentMb();
  const stopWatch = watchPeak();
  const stopMeter = startMeter();
  const given: DevicesArguments = { port: Number(new URL(agent.mqttUrl).port), devices, pace };
  const child = fork(entry, [JSON.stringify(given)], { execArgv: [] });
  const exited = once(child, "exit");
  const [message] = await once(child, "message");
  const { connectedMs, ackedMs, latenciesMs, failures } = message as DevicesReport;
  const { cpuMs } = stopMeter();
  const connectedMb = residentMb();
  const online = agent.online().length;
  child.disconnect();
  await exited;
  if (latenciesMs.length < devices) {
    const faults = JSON.stringify({ failures, ...agent.metrics.connectionsEnded });
    throw new Error(`Of ${devices} devices ${latenciesMs.length} got an ack: ${faults}`);
  }
  const sorted = latenciesMs.sort((left, right) => left - right);
  return {
    devices,
    online,
    connectsPerSecond: rounded((devices / connectedMs) * 1_000),
    seconds: rounded(ackedMs / 1_000),
    cpuSeconds: rounded(cpuMs / 1_000),
    ackMs: { p50: partOf(sorted, 0.5), p99: partOf(sorted, 0.99) },
    residentMb: {
      before: rounded(beforeMb),
      connected: rounded(connectedMb),
      peak: rounded(stopWatch()),
    },
    framesStored: agent.metrics.framesStored,
    connectionsEnded: agent.metrics.connectionsEnded,
  };
};

/**
 * `bench -- connect`: devices connect to an agent, send a frame each and get its ack; ends with a line
 * of JSON. `--pace` connections begin in a second, 0 for all at once.
 */
export const runConnect = async (args: string[]): Promise<void> => {
  const option = (value: string) => ({ type: "string", default: value }) as const;
  const { values } = parseArgs({ args, options: { devices: option("10000"), pace: option("0") } });
  const devices = integerOf("devices", values.devices, 1);
  const pace = integerOf("pace", values.pace, 0);
  const directory = await mkdtemp(join(tmpdir(), "fleetlog-bench-"));
  const service = await startService(join(directory, "logs"), 0);
  const cloudwatch = { group: "bench", stream: "{shard}" };
  const mqtt = { port: 0, maxConnections: 2 * devices };
  const agent = await createAgent(
    { data: join(directory, "agent"), cloudwatch, mqtt },
    { cloudwatch: service.connect(false) },
  );
  try {
    process.stdout.write(`${JSON.stringify(await measure(agent, devices, pace))}\n`);
  } finally {
    await agent.stop();
    await service.stop();
    await rm(directory, { recursive: true, force: true });
  }
};
