import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { commandPath } from "../../support/debian.ts";
import { type FaultProxy, startFaultProxy } from "../../support/fault-proxy.ts";
import type { DeviceOptions, DeviceProcessOptions, Report } from "./device-process.ts";
import { type Program, startProgram } from "./program.ts";

/** Who carries the messages of a fleet. */
export type BrokerKind = "embedded" | "mosquitto";

export interface FleetOptions {
  kind: BrokerKind;
  /** For devices, broker, and the agent unless `data` says where. */
  directory: string;
  /** Folder of what the agent must not forget. */
  data: string;
  devices: number;
  endpointPort: number;
  /** Region and keys. */
  environment: Readonly<Record<string, string>>;
  random(): number;
}

/** One broker, its agent and its devices, all processes, with our proxies in between. */
export interface Fleet {
  kind: BrokerKind;
  agent: Program;
  /** Null where the agent's own does. */
  broker: Program | null;
  devices: Program[];
  proxies: { devices: FaultProxy; agent: FaultProxy | null; endpoint: FaultProxy };
  /** Ends the proxies; the programs are stopped one by one before. */
  stop(): Promise<void>;
  /** Files of what the devices wrote down. */
  truths: string[];
  /** Events without an ack, as far as the devices have said. */
  pending(): number;
  /** Events that the agent's runs have said they may have doubled. */
  counted(): number;
  /** The last that the agent said when it went by itself, by message. */
  complaints: Map<string, number>;
}

const devicesInProcess = 5;
const eventsPerSecond = 3;
const flushAfterMs = 500;
const unknownOutcomeWaitMs = 3_000;

const bin = fileURLToPath(new URL("../../../agent/cli/fleetlog.js", import.meta.url));
const deviceProgram = fileURLToPath(new URL("device-process.js", import.meta.url));

export const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
};

const settingsText = (options: FleetOptions, mqtt: string): string => `
data = ${JSON.stringify(options.data)}
fleet = "${options.kind}"
[mqtt]
${mqtt}
[delivery]
flushAfterMs = ${flushAfterMs}
unknownOutcomeWaitMs = ${unknownOutcomeWaitMs}
drainMs = 30000
`;

const startBroker = async (directory: string, port: number): Promise<Program> => {
  const command = commandPath("mosquitto");
  if (command === undefined) {
    throw new Error("Cannot find mosquitto: install Debian's package, or give --broker embedded");
  }
  const config = join(directory, "mosquitto.conf");
  const settings = [`listener ${port} 127.0.0.1`, "allow_anonymous true", "persistence false"];
  await writeFile(config, `${settings.join("\n")}\n`);
  return startProgram({ name: "broker", command, args: ["-c", config] });
};

/** Every second device has flash, every fifth an outbox that overflows in an outage. */
const deviceOptions = (directory: string, kind: BrokerKind, index: number): DeviceOptions => {
  const name = `${kind}-${index}`;
  const journal = join(directory, "flash", name);
  return {
    name,
    outboxBytes: index % 5 === 4 ? 1_024 : 65_536,
    ...(index % 2 === 0 ? { journal } : {}),
  };
};

interface Devices {
  programs: Program[];
  truths: string[];
  pending(): number;
}

const startDevices = ({ directory, kind, devices }: FleetOptions, port: number): Devices => {
  const programs: Program[] = [];
  const truths: string[] = [];
  const pending: number[] = [];
  for (let first = 0; first < devices; first += devicesInProcess) {
    const place = programs.length;
    const truth = join(directory, `truth-${place}.jsonl`);
    const options: DeviceProcessOptions = {
      devices: Array.from({ length: Math.min(devicesInProcess, devices - first) }, (_, index) =>
        deviceOptions(directory, kind, first + index),
      ),
      port,
      truth,
      eventsPerSecond,
    };
    truths.push(truth);
    pending.push(0);
    programs.push(
      startProgram({
        name: "devices",
        command: process.execPath,
        args: [deviceProgram, JSON.stringify(options)],
        hasChannel: true,
        onMessage(message) {
          pending[place] = (message as Report).pending;
        },
      }),
    );
  }
  return { programs, truths, pending: () => pending.reduce((sum, count) => sum + count, 0) };
};

interface AgentRuns {
  agent: Program;
  counted(): number;
  complaints: Map<string, number>;
}

/** What may be doubled is counted in memory and ends with the process; so what each run said last is kept. */
const startAgent = (config: string, environment: Readonly<Record<string, string>>): AgentRuns => {
  const counts = new Map<number, number>();
  const complaints = new Map<string, number>();
  const agent = startProgram({
    name: "agent",
    command: process.execPath,
    args: [bin, "start", "--config", config],
    environment,
    onLine(line, run) {
      const said = JSON.parse(line) as { possiblyDuplicated?: number; level: number; msg: string };
      if (said.possiblyDuplicated !== undefined) counts.set(run, said.possiblyDuplicated);
      if (said.level >= 40) complaints.set(said.msg, (complaints.get(said.msg) ?? 0) + 1);
    },
  });
  return {
    agent,
    counted: () => [...counts.values()].reduce((sum, count) => sum + count, 0),
    complaints,
  };
};

export const startFleet = async (options: FleetOptions): Promise<Fleet> => {
  const { directory, kind, random } = options;
  await mkdir(directory, { recursive: true });
  const brokerPort = await freePort();
  const endpoint = await startFaultProxy({ targetPort: () => options.endpointPort, random });
  const broker = kind === "mosquitto" ? await startBroker(directory, brokerPort) : null;
  const toBroker = { targetPort: () => brokerPort, random };
  const between = broker === null ? null : await startFaultProxy(toBroker);
  const config = join(directory, "fleetlog.toml");
  const mqtt =
    between === null ? `port = ${brokerPort}` : `url = "mqtt://127.0.0.1:${between.port}"`;
  await writeFile(config, settingsText(options, mqtt));
  const { agent, counted, complaints } = startAgent(config, {
    ...options.environment,
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: `http://127.0.0.1:${endpoint.port}`,
  });
  const devices = await startFaultProxy(toBroker);
  const { programs, truths, pending } = startDevices(options, devices.port);
  return {
    kind,
    agent,
    broker,
    devices: programs,
    proxies: { devices, agent: between, endpoint },
    async stop() {
      await broker?.stop();
      for (const proxy of [devices, between, endpoint]) await proxy?.stop();
    },
    truths,
    pending,
    counted,
    complaints,
  };
};
