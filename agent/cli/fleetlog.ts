#!/usr/bin/env node
import { createRequire } from "node:module";
import { Command } from "commander";
import { AgentError } from "../errors.ts";
import { commandCommand } from "./command.ts";
import { deadLettersCommand } from "./dead-letters.ts";
import { decodeCommand } from "./decode.ts";
import { demoCommand } from "./demo.ts";
import { dictionaryCommand } from "./dictionary.ts";
import { endpointCommand } from "./endpoint.ts";
import { gatewayCommand } from "./gateway.ts";
import { startCommand } from "./start.ts";

const { version } = createRequire(import.meta.url)("../../../package.json") as { version: string };

const program = new Command("fleetlog")
  .description("Microcontroller logs, delivered to Amazon CloudWatch Logs")
  .version(version)
  .showHelpAfterError("(--help tells the commands and their options)")
  .addCommand(demoCommand())
  .addCommand(startCommand())
  .addCommand(commandCommand())
  .addCommand(deadLettersCommand())
  .addCommand(decodeCommand())
  .addCommand(dictionaryCommand())
  .addCommand(endpointCommand())
  .addCommand(gatewayCommand());

try {
  await program.parseAsync();
} catch (thrown) {
  if (!(thrown instanceof AgentError)) throw thrown;
  process.stderr.write(`${thrown.message}\n`);
  process.exitCode = 1;
}
