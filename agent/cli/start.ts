import { Command } from "commander";
import { readSettings } from "../config.ts";
import { runAgent } from "../main.ts";

/** `fleetlog start --config FILE` */
export const startCommand = (): Command =>
  new Command("start")
    .description("run the agent: take frames from devices, deliver them to CloudWatch Logs")
    .requiredOption("--config <file>", "settings, in TOML")
    .addHelpText(
      "after",
      `
Credentials and Region come from the environment and AWS's configuration files, as with every AWS
tool; AWS_ENDPOINT_URL_CLOUDWATCH_LOGS names another endpoint. The file may be empty. Example:

  data = "/var/lib/fleetlog"
  fleet = "pumps"
  [mqtt]
  port = 1883
  [cloudwatch]
  group = "/fleetlog/{fleet}"
  stream = "{device}"`,
    )
    .action(async ({ config }: { config: string }) => {
      process.exitCode = await runAgent(await readSettings(config));
    });
