import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const program = fileURLToPath(new URL("../../dist/agent/cli/fleetlog.js", import.meta.url));

/** `fleetlog gateway` as an operating-system process of its own. */
export interface GatewayProcess {
  child: ChildProcess;
  output: () => string;
  /** All it has written to standard error so far. */
  notes: () => string;
  /** Resolves once it has said so on standard error; rejects if it ends before. */
  said(note: string): Promise<void>;
  /** Resolves with the exit code. */
  ended: Promise<number | null>;
}

export const startGatewayProcess = (...args: string[]): GatewayProcess => {
  const child = spawn(process.execPath, [program, "gateway", ...args]);
  let output = "";
  let notes = "";
  child.stdout.on("data", (chunk) => {
    output += String(chunk);
  });
  child.stderr.on("data", (chunk) => {
    notes += String(chunk);
  });
  const ended = once(child, "close").then(([code]) => code as number | null);
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return {
    child,
    output: () => output,
    notes: () => notes,
    ended,
    async said(note) {
      while (!notes.includes(note)) {
        const isOver = await Promise.race([
          once(child.stderr, "data").then(() => false),
          ended.then(() => true),
        ]);
        if (isOver && !notes.includes(note))
          throw new Error(`It ended without "${note}": ${notes}`);
      }
    },
  };
};
