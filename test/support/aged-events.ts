import type { CloudWatchLogs, OutputLogEvent } from "@aws-sdk/client-cloudwatch-logs";
import type { EndpointOptions } from "../../agent/local/endpoint.ts";
import { makeStream, startEndpoint, type TestEndpoint } from "./local-endpoint.ts";

/** The moment at which the clock of these endpoints stands. */
export const nowMs: number = Date.now();

export const stream = { logGroupName: "g", logStreamName: "s" } as const;

/** An endpoint whose clock stands at `nowMs`, with `stream` made. */
export const startWithStream = async (
  options: Partial<EndpointOptions> = {},
): Promise<TestEndpoint> => {
  const started = await startEndpoint({ nowMs: () => nowMs, ...options });
  await makeStream(started.client);
  return started;
};

/** Puts events by their age in ms, oldest first; the age is also the message. */
export const putAged = (
  client: CloudWatchLogs,
  agesMs: readonly number[],
  logStreamName: string = stream.logStreamName,
) =>
  client.putLogEvents({
    logGroupName: stream.logGroupName,
    logStreamName,
    logEvents: agesMs.map((ageMs) => ({ timestamp: nowMs - ageMs, message: `${ageMs}` })),
  });

/** The messages of a page on one line. */
export const textOf = (events: OutputLogEvent[] | undefined): string =>
  (events ?? []).map(({ message }) => message).join(" ");
