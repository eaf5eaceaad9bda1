import type { AWSCloudWatchLogs } from "../cloudwatch/client.ts";
import { AgentError } from "../errors.ts";

/** An event as CloudWatch gives it back. */
export interface ReadEvent {
  /** Epoch ms. */
  timestamp: number;
  message: string;
}

type Call = (action: string, params: Record<string, unknown>) => Promise<Record<string, unknown>>;

const caller =
  (cloudwatch: AWSCloudWatchLogs): Call =>
  async (action, params) => {
    const table = await cloudwatch.action(action, params);
    if (!("statuscode" in table) || table.statuscode !== 200) {
      const reason = "statuscode" in table ? table.body : table.error;
      throw new AgentError("READ_FAILED", `Cannot read back with ${action}: ${reason}`);
    }
    return JSON.parse(table.body) as Record<string, unknown>;
  };

const streamsOf = async (call: Call, logGroupName: string): Promise<string[]> => {
  const names: string[] = [];
  let nextToken: unknown;
  do {
    const page = await call("DescribeLogStreams", { logGroupName, nextToken });
    const streams = page.logStreams as { logStreamName: string }[];
    for (const { logStreamName } of streams) names.push(logStreamName);
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return names;
};

const eventsOf = async (
  call: Call,
  logGroupName: string,
  logStreamName: string,
): Promise<ReadEvent[]> => {
  const events: ReadEvent[] = [];
  let nextToken: unknown;
  for (;;) {
    const params = { logGroupName, logStreamName, startFromHead: true, nextToken };
    const page = await call("GetLogEvents", params);
    for (const event of page.events as ReadEvent[]) events.push(event);
    if (page.nextForwardToken === nextToken) return events;
    nextToken = page.nextForwardToken;
  }
};

/** Every event of every stream of a group, stream by stream, in the order CloudWatch gives. */
export const readAll = async (
  cloudwatch: AWSCloudWatchLogs,
  group: string,
): Promise<ReadEvent[][]> => {
  const call = caller(cloudwatch);
  const streams: ReadEvent[][] = [];
  for (const stream of await streamsOf(call, group)) {
    streams.push(await eventsOf(call, group, stream));
  }
  return streams;
};
