import { alreadyExists, invalidParameter } from "../service-error.ts";
import type { Chunk } from "../store/segment.ts";
import type { StoredGroup, StoredStream } from "../store/store.ts";
import { nameToken, parseNameToken } from "../token.ts";
import { type Action, type ActionContext, defineAction } from "./action.ts";
import { compareNames, findGroup, findStream, type GroupReference, groupArn } from "./names.ts";
import {
  describeLimit,
  flag,
  logGroupIdentifier,
  logGroupName,
  logStreamName,
  nextToken,
} from "./rules.ts";

interface StreamInput {
  logGroupName: string;
  logStreamName: string;
}

const streamRule = {
  kind: "structure",
  required: ["logGroupName", "logStreamName"],
  members: { logGroupName, logStreamName },
} as const;

/** Creates a log stream in a group. */
export const createLogStream: Action = defineAction<StreamInput>(streamRule, (input, context) => {
  const group = findGroup({ logGroupName: input.logGroupName }, context);
  if (group.streams.has(input.logStreamName)) throw alreadyExists("log stream");
  context.store.createStream(group, input.logStreamName, context.nowMs);
  return undefined;
});

/** Deletes a log stream with its events. */
export const deleteLogStream: Action = defineAction<StreamInput>(streamRule, (input, context) => {
  const group = findGroup({ logGroupName: input.logGroupName }, context);
  context.store.deleteStream(group, findStream(group, input.logStreamName));
  return undefined;
});

interface DescribeInput extends GroupReference {
  logStreamNamePrefix?: string;
  orderBy?: "LogStreamName" | "LastEventTime";
  descending?: boolean;
  nextToken?: string;
  limit?: number;
}

const describeRule = {
  kind: "structure",
  required: [],
  members: {
    logGroupName,
    logGroupIdentifier,
    logStreamNamePrefix: logStreamName,
    orderBy: { kind: "string", oneOf: ["LogStreamName", "LastEventTime"] },
    descending: flag,
    nextToken,
    limit: describeLimit,
  },
} as const;

const visibleChunks = (stream: StoredStream, context: ActionContext): Chunk[] =>
  context.store.segments
    .index(stream.id)
    .chunks.filter((chunk) => chunk.visibleAtMs <= context.nowMs);

const lastEventMs = (stream: StoredStream, context: ActionContext): number =>
  visibleChunks(stream, context).reduce((last, chunk) => Math.max(last, chunk.maxMs), 0);

const describeStream = (
  stream: StoredStream,
  group: StoredGroup,
  context: ActionContext,
): object => {
  const chunks = visibleChunks(stream, context);
  const index = context.store.segments.index(stream.id);
  return {
    logStreamName: stream.name,
    creationTime: stream.creationMs,
    ...(chunks.length === 0
      ? {}
      : {
          firstEventTimestamp: chunks.reduce(
            (first, { minMs }) => Math.min(first, minMs),
            Infinity,
          ),
          lastEventTimestamp: lastEventMs(stream, context),
          lastIngestionTime: index.lastIngestedMs,
        }),
    arn: `${groupArn(group.name, context)}:log-stream:${stream.name}`,
    storedBytes: 0,
  };
};

/** What streams are listed by: text that sorts as the listing does, unique for each stream. */
const sortKeys = (
  streams: StoredStream[],
  input: DescribeInput,
  context: ActionContext,
): { key: string; stream: StoredStream }[] =>
  streams.map((stream) => {
    if (input.orderBy !== "LastEventTime") return { key: stream.name, stream };
    const time = String(lastEventMs(stream, context)).padStart(16, "0");
    return { key: `${time} ${stream.name}`, stream };
  });

/** Lists the streams of a group by name or by the time of their last event. */
export const describeLogStreams: Action = defineAction<DescribeInput>(
  describeRule,
  (input, context) => {
    const { logStreamNamePrefix: prefix = "", orderBy, descending, limit = 50 } = input;
    const group = findGroup(input, context);
    if (orderBy === "LastEventTime" && prefix !== "") {
      throw invalidParameter("Cannot order by LastEventTime with a logStreamNamePrefix.");
    }
    const use = `streams ${group.id} ${prefix} ${orderBy} ${descending}`;
    const after = input.nextToken === undefined ? undefined : parseNameToken(input.nextToken, use);
    const sign = descending ? -1 : 1;
    const named = [...group.streams.values()].filter(({ name }) => name.startsWith(prefix));
    const found = sortKeys(named, input, context)
      .filter(({ key }) => after === undefined || sign * compareNames(key, after) > 0)
      .sort((left, right) => sign * compareNames(left.key, right.key));
    const page = found.slice(0, limit);
    return {
      logStreams: page.map(({ stream }) => describeStream(stream, group, context)),
      ...(found.length > limit ? { nextToken: nameToken(page.at(-1)?.key ?? "", use) } : {}),
    };
  },
);
