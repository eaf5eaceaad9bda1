import { parseFilterPattern } from "../filter-pattern.ts";
import { invalidParameter, refusal } from "../service-error.ts";
import {
  gapAfter,
  gapBefore,
  type Page,
  type Position,
  type ReadEvent,
  readPage,
} from "../store/read.ts";
import type { StoredGroup, StoredStream } from "../store/store.ts";
import { digitsOfPosition, parseStreamToken, positionOfDigits, streamToken } from "../token.ts";
import { type Action, type ActionContext, defineAction } from "./action.ts";
import { expiresBeforeMs, findGroup, findStream, type GroupReference } from "./names.ts";
import {
  eventsLimit,
  flag,
  logGroupIdentifier,
  logGroupName,
  logStreamName,
  nextToken,
  timestamp,
} from "./rules.ts";

interface ReadInput extends GroupReference {
  startTime?: number;
  endTime?: number;
  nextToken?: string;
  limit?: number;
}

interface GetInput extends ReadInput {
  logStreamName: string;
  startFromHead?: boolean;
}

interface FilterInput extends ReadInput {
  logStreamNames?: string[];
  logStreamNamePrefix?: string;
  filterPattern?: string;
}

const readMembers = {
  logGroupName,
  logGroupIdentifier,
  startTime: timestamp,
  endTime: timestamp,
  nextToken,
  limit: eventsLimit,
  unmask: flag,
} as const;

const readableGroup = (
  reference: GroupReference,
  action: string,
  context: ActionContext,
): StoredGroup => {
  const group = findGroup(reference, context);
  if (group.logGroupClass === "STANDARD") return group;
  throw refusal(
    "InvalidOperationException",
    `The log group ${group.name} is of log-group-class ${group.logGroupClass}. ${action} is not supported for this log class.`,
  );
};

/** Both tokens of a page. Where no event was found, what led there leads there again. */
const tokensOf = (page: Page, came: Position): { forward: Position; backward: Position } => {
  const [first] = page.events;
  const last = page.events.at(-1);
  return { forward: last ? gapAfter(last) : came, backward: first ? gapBefore(first) : came };
};

/** Reads one stream, a page at a time, in either direction. */
export const getLogEvents: Action = defineAction<GetInput>(
  {
    kind: "structure",
    required: ["logStreamName"],
    members: { logStreamName, ...readMembers, startFromHead: flag },
  },
  async (input, context) => {
    const group = readableGroup(input, "GetLogEvents", context);
    const stream = findStream(group, input.logStreamName);
    const token =
      input.nextToken === undefined ? undefined : parseStreamToken(input.nextToken, stream.id);
    const fromMs = Math.max(input.startTime ?? 0, expiresBeforeMs(group, context.nowMs));
    const page = await readPage(context.store.segments, {
      streams: [stream],
      fromMs,
      beforeMs: input.endTime ?? Number.MAX_SAFE_INTEGER,
      beyond: token?.position,
      isBackward: token ? token.direction === "b" : input.startFromHead !== true,
      limitEvents: input.limit ?? 10_000,
      nowMs: context.nowMs,
    });
    const start = { timestampMs: fromMs, streamId: stream.id, ordinal: 0 };
    const { forward, backward } = tokensOf(page, token?.position ?? start);
    return {
      events: page.events.map((event) => ({
        timestamp: event.timestampMs,
        message: event.message,
        ingestionTime: event.ingestedMs,
      })),
      nextForwardToken: streamToken("f", forward),
      nextBackwardToken: streamToken("b", backward),
    };
  },
);

const searchedStreams = (group: StoredGroup, input: FilterInput): StoredStream[] => {
  if (input.logStreamNames && input.logStreamNamePrefix !== undefined) {
    throw invalidParameter("Only one of logStreamNames and logStreamNamePrefix can be given.");
  }
  if (input.logStreamNames) {
    return [...new Set(input.logStreamNames)].map((name) => findStream(group, name));
  }
  const prefix = input.logStreamNamePrefix ?? "";
  return [...group.streams.values()].filter(({ name }) => name.startsWith(prefix));
};

const describeEvent = (event: ReadEvent): object => ({
  logStreamName: event.stream.name,
  timestamp: event.timestampMs,
  message: event.message,
  ingestionTime: event.ingestedMs,
  eventId: digitsOfPosition(gapBefore(event), "event"),
});

/** Searches the streams of a group for events that match a pattern. */
export const filterLogEvents: Action = defineAction<FilterInput>(
  {
    kind: "structure",
    required: [],
    members: {
      ...readMembers,
      logStreamNames: { kind: "list", min: 1, max: 100, member: logStreamName },
      logStreamNamePrefix: logStreamName,
      filterPattern: { kind: "string", max: 1024 },
      interleaved: flag,
    },
  },
  async (input, context) => {
    const group = readableGroup(input, "FilterLogEvents", context);
    const isMatch = parseFilterPattern(input.filterPattern ?? "");
    const streams = searchedStreams(group, input);
    const use = `filter ${group.id} ${input.filterPattern ?? ""}`;
    const token = input.nextToken;
    const page = await readPage(context.store.segments, {
      streams,
      fromMs: Math.max(input.startTime ?? 0, expiresBeforeMs(group, context.nowMs)),
      beforeMs: input.endTime === undefined ? Number.MAX_SAFE_INTEGER : input.endTime + 1,
      beyond: token === undefined ? undefined : positionOfDigits(token, use),
      isBackward: false,
      limitEvents: input.limit ?? 10_000,
      isMatch,
      nowMs: context.nowMs,
    });
    return {
      events: page.events.map(describeEvent),
      searchedLogStreams: [],
      ...(page.resume ? { nextToken: digitsOfPosition(page.resume, use) } : {}),
    };
  },
);
