import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect as connectSocket, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import { connect, type MqttClient } from "mqtt";
import { AWSCloudWatchLogs } from "../../agent/cloudwatch/client.ts";
import { createEndpoint, type Endpoint } from "../../agent/local/endpoint.ts";
import { connectOptions, createLogger, type Logger } from "../../device/index.ts";
import { type RedisServer, startRedis } from "./redis-server.ts";
import { type DeliveredEvent, keys, readEvents } from "./system.ts";

/** From the sources in tests, from `dist` in benchmarks. */
const built = import.meta.url.endsWith(".ts") ? "../../dist" : "../..";
const bin = fileURLToPath(new URL(`${built}/agent/cli/fleetlog.js`, import.meta.url));

/** An agent's process and what it says. */
interface AgentProcess {
  child: ChildProcess;
  port: number;
  /** Events sent again that may have been delivered, as it told before each. */
  possiblyDuplicated(): number;
  /** Shards that it has given up or lost. */
  troubles: string[];
}

/** A device, and how many events it was given to log. */
export interface FleetDevice {
  id: string;
  log: Logger;
  client: MqttClient;
}

/** Agents behind a load balancer that share a fleet through Redis; each of them a process. */
export interface SharedFleet {
  devices: FleetDevice[];
  /** Ends an agent as a power cut would, and starts another in its place. */
  replace(index: number): Promise<void>;
  /** Stops an agent for a time, as an overloaded machine does. */
  pause(index: number, forMs: number): Promise<void>;
  /** Devices close, agents deliver what waits and end; what CloudWatch then has. */
  settle(): Promise<DeliveredEvent[]>;
  /** Of all agents there were. */
  possiblyDuplicated(): number;
  stop(): Promise<void>;
}

export interface SharedFleetOptions {
  agents: number;
  devices: number;
  leaseMs: number;
}

const settingsOf = (redis: string, leaseMs: number, data: string): string => `
data = "${data}"
fleet = "test"
[mqtt]
port = 0
[delivery]
flushAfterMs = 100
unknownOutcomeWaitMs = 1000
[redis]
url = "${redis}"
leaseMs = ${leaseMs}
`;

const startAgent = async (config: string, endpoint: Endpoint): Promise<AgentProcess> => {
  const child = spawn(process.execPath, [bin, "start", "--config", config], {
    env: {
      PATH: process.env.PATH,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: endpoint.url,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const troubles: string[] = [];
  let doubled = 0;
  const port = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      const { msg, mqtt, level, possiblyDuplicated } = JSON.parse(line);
      if (msg === "ready") resolve(Number(new URL(mqtt).port));
      else if (possiblyDuplicated !== undefined) doubled = possiblyDuplicated;
      if (level >= 40 && possiblyDuplicated === undefined) troubles.push(msg);
    });
    child.once("exit", (code) => reject(new Error(`An agent ended with ${code}`)));
  });
  return { child, port, troubles, possiblyDuplicated: () => doubled };
};

/** Gives each connection to the next agent in turn. */
const startBalancer = async (ports: () => number[]) => {
  const sockets = new Set<Socket>();
  let turn = 0;
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
  };
  const server = createServer((near) => {
    const all = ports();
    const far = connectSocket(all[turn++ % all.length] ?? 0, "127.0.0.1");
    keep(near);
    keep(far);
    near.once("close", () => far.destroy());
    far.once("close", () => near.destroy());
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as { port: number }).port,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

const startDevice = (id: string, port: number): FleetDevice => {
  const options = { ...connectOptions(id), reconnectPeriod: 100 };
  const client = connect(`mqtt://127.0.0.1:${port}`, options);
  client.on("error", () => {});
  const log = createLogger({ device: id, mqtt: client, flushAfterMs: 50, rateLimit: false });
  return { id, log, client };
};

const end = async ({ child }: AgentProcess, signal: NodeJS.Signals): Promise<void> => {
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
};

/** Resolves once no shard has a frame that is not delivered; an agent that ends leaves those to the others. */
const nothingWaits = async (path: string): Promise<void> => {
  const redis = new Redis(path);
  const limitMs = performance.now() + 30_000;
  for (;;) {
    const waiting = await redis.keys("fleetlog:*:frames");
    if (waiting.length === 0) break;
    if (performance.now() > limitMs) throw new Error(`Frames wait in ${waiting.length} shards`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  redis.disconnect();
};

export const startSharedFleet = async (options: SharedFleetOptions): Promise<SharedFleet> => {
  const directory = await mkdtemp(join(tmpdir(), "fleetlog-shared-"));
  const redis: RedisServer = await startRedis();
  const endpoint = await createEndpoint({ directory: join(directory, "logs"), ...keys });
  let names = 0;
  const start = async (): Promise<AgentProcess> => {
    const data = join(directory, `agent-${names++}`);
    const config = `${data}.toml`;
    await writeFile(config, settingsOf(redis.path, options.leaseMs, data));
    return startAgent(config, endpoint);
  };
  const agents = await Promise.all(Array.from({ length: options.agents }, start));
  const former: AgentProcess[] = [];
  const balancer = await startBalancer(() => agents.map(({ port }) => port));
  const devices = Array.from({ length: options.devices }, (_, index) =>
    startDevice(`pump-${index}`, balancer.port),
  );
  return {
    devices,
    async replace(index) {
      const gone = agents[index] as AgentProcess;
      await end(gone, "SIGKILL");
      former.push(gone);
      agents[index] = await start();
    },
    async pause(index, forMs) {
      agents[index]?.child.kill("SIGSTOP");
      await new Promise((resolve) => setTimeout(resolve, forMs));
      agents[index]?.child.kill("SIGCONT");
    },
    async settle() {
      await Promise.all(devices.map(({ log }) => log.close()));
      await nothingWaits(redis.path);
      for (const agent of agents) await end(agent, "SIGTERM");
      former.push(...agents.splice(0));
      const cloudwatch = new AWSCloudWatchLogs(
        "us-east-1",
        keys.accessKeyId,
        keys.secretAccessKey,
        {
          endpoint: endpoint.url,
        },
      );
      const events = await readEvents(cloudwatch);
      await cloudwatch.close();
      return events;
    },
    possiblyDuplicated: () =>
      [...agents, ...former].reduce((sum, agent) => sum + agent.possiblyDuplicated(), 0),
    async stop() {
      await Promise.all(devices.map(({ client }) => client.endAsync(true)));
      for (const agent of agents) await end(agent, "SIGKILL");
      await balancer.stop();
      await endpoint.stop();
      await redis.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
};
