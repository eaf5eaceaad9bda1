#!/usr/bin/env node
import { createRequire } from "node:module";
import { Command } from "commander";
import { AgentError } from "../errors.ts";

const { version } = createRequire(import.meta.url)("../../../package.json") as { version: string };

/** A command is loaded when it is asked for: all of them together take an agent 25 MB it never uses. */
const commands: Record<string, () => Promise<Command>> = {
  demo: async () => (await import("./demo.ts")).demoCommand(),
  start: async () => (await import("./start.ts")).startCommand(),
  command: async () => (await import("./command.ts")).commandCommand(),
  "dead-letters": async () => (await import("./dead-letters.ts")).deadLettersCommand(),
  decode: async () => (await import("./decode.ts")).decodeCommand(),
  dictionary: async () => (await import("./dictionary.ts")).dictionaryCommand(),
  endpoint: async () => (await import("./endpoint.ts")).endpointCommand(),
  gateway: async () => (await import("./gateway.ts")).gatewayCommand(),
};

const program = new Command("fleetlog")
  .description("Microcontroller logs, delivered to Amazon CloudWatch Logs")
  .version(version)
  .showHelpAfterError("(--help tells the commands and their options)");

const asked = new Map(Object.entries(commands)).get(process.argv[2] ?? "");
for (const load of asked === undefined ? Object.values(commands) : [asked]) {
  program.addCommand(await load());
}

try {
  await program.parseAsync();
} catch (thrown) {
  if (!(thrown instanceof AgentError)) throw thrown;
  process.stderr.write(`${thrown.message}\n`);
  process.exitCode = 1;
}
