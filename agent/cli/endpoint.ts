import { Command, InvalidArgumentError } from "commander";
import { createDelays } from "../local/chance.ts";
import { createEndpoint, type Endpoint } from "../local/endpoint.ts";

interface EndpointFlags {
  port: number;
  data: string;
  accessKey: string;
  secret: string;
  region: string;
  visibleWithin: number;
  seed: number;
}

const parsePort = (text: string): number => {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError("A port is a number from 0 (any free port) to 65535.");
};

const parseAccessKey = (text: string): string => {
  if (/^\w{1,128}$/.test(text)) return text;
  throw new InvalidArgumentError("An access key is 1 to 128 letters, digits or underscores.");
};

const parseSecret = (text: string): string => {
  if (text !== "") return text;
  throw new InvalidArgumentError("The secret must not be empty.");
};

const parseRegion = (text: string): string => {
  if (/^[a-z0-9-]{1,64}$/.test(text)) return text;
  throw new InvalidArgumentError("A Region looks like us-east-1.");
};

const parseSeconds = (text: string): number => {
  const seconds = Number(text);
  if (text.trim() !== "" && seconds >= 0 && seconds <= 60) return seconds;
  throw new InvalidArgumentError("A delay is a number of seconds from 0 to 60.");
};

const parseSeed = (text: string): number => {
  const seed = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(seed)) return seed;
  throw new InvalidArgumentError("A seed is an integer from 0.");
};

const welcome = (endpoint: Endpoint, flags: EndpointFlags): string =>
  [
    `CloudWatch Logs on ${endpoint.url}, Region ${flags.region}, kept in ${flags.data}`,
    "Read logs with the AWS command line, in a shell with these keys:",
    `  export AWS_ACCESS_KEY_ID=${flags.accessKey} AWS_SECRET_ACCESS_KEY=<the secret> AWS_DEFAULT_REGION=${flags.region}`,
    `  aws --endpoint-url ${endpoint.url} logs describe-log-groups`,
    `  aws --endpoint-url ${endpoint.url} logs tail <group> --since 1h --follow`,
    "",
  ].join("\n");

const stopSignal = (): Promise<void> =>
  new Promise((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
  });

const run = async (flags: EndpointFlags): Promise<void> => {
  const stopped = stopSignal();
  const endpoint = await createEndpoint({
    directory: flags.data,
    accessKeyId: flags.accessKey,
    secretAccessKey: flags.secret,
    region: flags.region,
    port: flags.port,
    visibilityDelayMs: createDelays(flags.seed, flags.visibleWithin * 1_000),
  });
  process.stdout.write(welcome(endpoint, flags));
  await stopped;
  await endpoint.stop();
};

/** `fleetlog endpoint`: the local CloudWatch Logs endpoint alone, until SIGINT or SIGTERM. */
export const endpointCommand = (): Command =>
  new Command("endpoint")
    .description("serve CloudWatch Logs on this machine, for trying without an AWS account")
    .requiredOption("--port <port>", "port on loopback; 0 for any free one", parsePort)
    .requiredOption("--data <directory>", "where groups, streams and events are kept")
    .requiredOption("--access-key <key>", "access key id that callers sign with", parseAccessKey)
    .requiredOption("--secret <secret>", "secret key that callers sign with", parseSecret)
    .option("--region <region>", "Region that callers sign for", parseRegion, "us-east-1")
    .option(
      "--visible-within <seconds>",
      "stored events are hidden from readers for up to this long, at most 60",
      parseSeconds,
      0,
    )
    .option("--seed <seed>", "of the delays that --visible-within asks for", parseSeed, 1)
    .action(run);
