import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CloudWatchLogs } from "@aws-sdk/client-cloudwatch-logs";
import { onTestFinished } from "vitest";
import { createEndpoint, type Endpoint, type EndpointOptions } from "../../agent/local/endpoint.ts";

/** The key pair every test endpoint knows. */
export const testKeys = { accessKeyId: "AKIDLOCAL", secretAccessKey: "local/secret+key" } as const;

export interface TestEndpoint {
  endpoint: Endpoint;
  directory: string;
  /** AWS's own client, without retries. */
  client: CloudWatchLogs;
}

/** A directory that goes away with the test. */
export const scratchDirectory = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), "fleetlog-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
};

/** AWS's own client for an endpoint, without retries. `clockOffsetMs` is added to the machine's clock. */
export const sdkClient = (url: string, clockOffsetMs = 0): CloudWatchLogs => {
  const client = new CloudWatchLogs({
    region: "us-east-1",
    endpoint: url,
    credentials: testKeys,
    maxAttempts: 1,
    systemClockOffset: clockOffsetMs,
  });
  onTestFinished(() => client.destroy());
  return client;
};

/** An endpoint with a client, both ended with the test. */
export const startEndpoint = async (
  options: Partial<EndpointOptions> = {},
): Promise<TestEndpoint> => {
  const directory = options.directory ?? (await scratchDirectory());
  const endpoint = await createEndpoint({ directory, ...testKeys, ...options });
  onTestFinished(() => endpoint.stop());
  return { endpoint, directory, client: sdkClient(endpoint.url) };
};

/** A machine's clock that can be set. */
export interface SetClock {
  nowMs: () => number;
  offsetMs: number;
}

/** The machine's clock plus an offset that may change. */
export const setClock = (): SetClock => {
  const clock: SetClock = { offsetMs: 0, nowMs: () => Date.now() + clock.offsetMs };
  return clock;
};

/** Makes a group and a stream, by default `g` and `s`. */
export const makeStream = async (
  client: CloudWatchLogs,
  logStreamName = "s",
  logGroupName = "g",
): Promise<{ logGroupName: string; logStreamName: string }> => {
  await client.createLogGroup({ logGroupName }).catch(() => undefined);
  await client.createLogStream({ logGroupName, logStreamName });
  return { logGroupName, logStreamName };
};
