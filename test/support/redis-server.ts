import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commandPath } from "./debian.ts";

/** A Redis of its own, on a socket in a folder of its own; it syncs every write. */
export interface RedisServer {
  /** The socket's path. */
  path: string;
  kill(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}

export const startRedis = async (): Promise<RedisServer> => {
  const directory = await mkdtemp(join(tmpdir(), "fleetlog-redis-"));
  const path = join(directory, "redis.sock");
  const durable = ["--appendonly", "yes", "--appendfsync", "always"];
  const child: ChildProcess = spawn(
    commandPath("redis-server") ?? "redis-server",
    ["--port", "0", "--unixsocket", path, "--dir", directory, ...durable],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const ended = once(child, "exit");
  await isReady(child);
  return {
    path,
    kill: (signal) => child.kill(signal),
    async stop() {
      child.kill("SIGKILL");
      await ended;
      await rm(directory, { recursive: true, force: true });
    },
  };
};

const isReady = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    let said = "";
    child.stdout?.on("data", (chunk) => {
      said += chunk;
      if (said.includes("eady to accept connections")) resolve();
    });
    child.once("exit", () => reject(new Error(`redis-server ended: ${said}`)));
  });
