import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { isGood } from "../demo/check.ts";
import { runDemo } from "../demo/demo.ts";
import { parseDuration } from "./duration.ts";

interface DemoFlags {
  for?: number;
  data?: string;
}

/** `fleetlog demo [--for 10s] [--data DIR]` */
export const demoCommand = (): Command =>
  new Command("demo")
    .description("three devices, an agent and a CloudWatch Logs endpoint, all on this machine")
    .option(
      "--for <duration>",
      "end after this time, then read back, compare and print one JSON line",
      parseDuration,
    )
    .option("--data <folder>", "keep everything in this folder; else in a temporary one")
    .action(async (flags: DemoFlags) => {
      const stopped = new Promise<void>((resolve) => {
        process.once("SIGINT", () => resolve());
        process.once("SIGTERM", () => resolve());
      });
      const directory = flags.data ?? (await mkdtemp(join(tmpdir(), "fleetlog-demo-")));
      const forMs = flags.for ?? null;
      const verdict = await runDemo({ directory, forMs, stopped, output: process.stdout });
      process.stdout.write(`${JSON.stringify(verdict)}\n`);
      if (flags.data === undefined) await rm(directory, { recursive: true, force: true });
      process.exitCode = isGood(verdict) ? 0 : 1;
    });
