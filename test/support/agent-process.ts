import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { scratchDirectory, testKeys } from "./local-endpoint.ts";

const program = fileURLToPath(new URL("../../dist/agent/cli/fleetlog.js", import.meta.url));

/** `fleetlog start` as an operating-system process of its own. */
export interface AgentProcess {
  child: ChildProcess;
  /** The log lines so far. */
  lines(): Record<string, unknown>[];
  /** Resolves with the first log line that has this message; rejects if the process ends before. */
  said(message: string): Promise<Record<string, unknown>>;
  /** Resolves once it has ended. */
  ended(): Promise<{ code: number | null; errors: string }>;
}

export const startAgentProcess = async (settings: string): Promise<AgentProcess> => {
  const config = join(await scratchDirectory(), "fleetlog.toml");
  await writeFile(config, settings);
  const child = spawn(process.execPath, [program, "start", "--config", config], {
    env: {
      PATH: process.env.PATH,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: testKeys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: testKeys.secretAccessKey,
      AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: "http://127.0.0.1:9",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk;
  });
  const closed = once(child, "close");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await closed;
  });
  const lines = (): Record<string, unknown>[] =>
    output
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return {
    child,
    lines,
    async said(message) {
      for (;;) {
        const found = lines().find(({ msg }) => msg === message);
        if (found !== undefined) return found;
        const isOver = await Promise.race([
          once(child.stdout, "data").then(() => false),
          closed.then(() => true),
        ]);
        if (isOver) throw new Error(`It ended without saying "${message}": ${errors}`);
      }
    },
    async ended() {
      await closed;
      return { code: child.exitCode, errors };
    },
  };
};
