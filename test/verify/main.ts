import { randomBytes } from "node:crypto";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { Command, InvalidArgumentError } from "commander";
import { messageOf } from "../../agent/errors.ts";
import { openAccount } from "./account.ts";
import { checkCount, type Verification, verify } from "./verify.ts";

interface Flags {
  region?: string;
  endpointUrl?: string;
  visibleWithin: number;
}

const parseSeconds = (text: string): number => {
  const seconds = Number(text);
  if (seconds > 0 && seconds <= 3_600) return seconds;
  throw new InvalidArgumentError("A time is a number of seconds up to 3600.");
};

/** The Region of the environment or of the profile in AWS's configuration files. */
const chainRegion = (): Promise<string> =>
  new CloudWatchLogsClient({}).config.region().catch((cause: unknown) => {
    throw new Error(`${messageOf(cause)}, set AWS_REGION or give --region`, { cause });
  });

const interrupted = (): AbortSignal => {
  const controller = new AbortController();
  process.once("SIGINT", () => controller.abort());
  process.once("SIGTERM", () => controller.abort());
  // A pipe that nobody reads any more.
  process.stdout.on("error", () => controller.abort());
  return controller.signal;
};

const conclude = ({ checked, differences, isCleanedUp }: Verification): number => {
  const left = checked < checkCount ? ` of ${checkCount}` : "";
  process.stdout.write(`${checked}${left} checks, ${differences.length} differences\n`);
  for (const { name } of differences) process.stdout.write(`  ${name}\n`);
  return differences.length === 0 && checked === checkCount && isCleanedUp ? 0 : 1;
};

const run = async ({ region, endpointUrl, visibleWithin }: Flags): Promise<number> => {
  const signal = interrupted();
  const account = openAccount({
    region: region ?? (await chainRegion()),
    endpoint: endpointUrl,
    group: `/fleetlog/verify-${randomBytes(4).toString("hex")}`,
    visibleWithinMs: visibleWithin * 1_000,
  });
  process.stdout.write(`Log group ${account.group}\n`);
  const write = (text: string): void => {
    process.stdout.write(text);
  };
  const found = await verify({ account, signal, write });
  await account.close();
  return conclude(found);
};

const command = new Command("verify:aws")
  .description("check that CloudWatch Logs does what fleetlog's local endpoint does")
  .option("--region <region>", "default: as every AWS tool finds it")
  .option("--endpoint-url <url>", "check another endpoint than the Region's")
  .option(
    "--visible-within <seconds>",
    "how long a stored event may stay invisible to readers",
    parseSeconds,
    60,
  )
  .addHelpText(
    "after",
    `
Credentials come from the environment and AWS's configuration files, as with every AWS tool. It makes
one log group, /fleetlog/verify-<random>, and deletes it, also when it fails or is interrupted. It
stores some 3 MB of events and one custom metric, which costs a few cents at most. It needs
logs:CreateLogGroup, TagResource, CreateLogStream, PutLogEvents, GetLogEvents, PutRetentionPolicy,
DeleteLogStream and DeleteLogGroup on /fleetlog/verify-*. Exit code 0: no difference; 1: differences,
or not all checks were made.`,
  )
  .action(async (flags: Flags) => {
    process.exitCode = await run(flags);
  });

try {
  await command.parseAsync();
} catch (thrown) {
  process.stderr.write(`Cannot verify: ${messageOf(thrown)}\n`);
  process.exitCode = 1;
}
