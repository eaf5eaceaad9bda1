import {
  batchLimitBytes,
  batchLimitEvents,
  batchSpanLimitMs,
  eventOverheadBytes,
  tooNewAfterMs,
  tooOldAfterMs,
} from "../../cloudwatch/limits.ts";
import { invalidParameter } from "../service-error.ts";
import { encodeRecord, type InputEvent } from "../store/record.ts";
import type { StoredGroup } from "../store/store.ts";
import { sequenceToken } from "../token.ts";
import type { StringRule, StructureRule } from "../validate.ts";
import { type Action, type ActionContext, defineAction } from "./action.ts";
import { expiresBeforeMs, findGroup, findStream } from "./names.ts";
import { logGroupName, logStreamName, timestamp } from "./rules.ts";

interface Entity {
  keyAttributes?: Record<string, string>;
}

interface Input {
  logGroupName: string;
  logStreamName: string;
  logEvents: InputEvent[];
  entity?: Entity;
}

const isSoundEvent = (event: unknown): boolean => {
  if (typeof event !== "object" || event === null) return false;
  const { timestamp: stamp, message } = event as Partial<InputEvent>;
  return (
    typeof message === "string" &&
    message !== "" &&
    Number.isSafeInteger(stamp) &&
    Number(stamp) >= 0
  );
};

/** PutLogEvents has a text of its own for names that are too long. */
const unbounded = ({ max: _, ...rule }: StringRule): StringRule => rule;

const nameLimit = 512;

const checkNames = (input: Input): void => {
  if (input.logGroupName.length > nameLimit || input.logStreamName.length > nameLimit) {
    throw invalidParameter(
      `Invalid LogGroup or LogStream, both must have length less than or equal to ${nameLimit}.`,
    );
  }
};

const attributes = { kind: "map", max: 10 } as const;

const rule: StructureRule = {
  kind: "structure",
  required: ["logGroupName", "logStreamName", "logEvents"],
  members: {
    logGroupName: unbounded(logGroupName),
    logStreamName: unbounded(logStreamName),
    logEvents: {
      kind: "list",
      min: 1,
      max: batchLimitEvents,
      isSound: (members) => members.every(isSoundEvent),
      member: {
        kind: "structure",
        required: ["timestamp", "message"],
        members: { timestamp, message: { kind: "string", min: 1 } },
      },
    },
    sequenceToken: { kind: "string", min: 1 },
    entity: {
      kind: "structure",
      required: [],
      members: {
        keyAttributes: {
          ...attributes,
          min: 2,
          max: 4,
          key: { kind: "string", min: 1, max: 32 },
          value: { kind: "string", min: 1, max: 512 },
        },
        attributes: {
          ...attributes,
          key: { kind: "string", min: 1, max: 256 },
          value: { kind: "string", min: 1, max: 512 },
        },
      },
    },
  },
};

/** UTF-8 bytes of all messages, once the batch is known to keep the size limits. */
const measure = (events: readonly InputEvent[]): number => {
  let messageBytes = 0;
  for (const { message } of events) {
    const bytes = Buffer.byteLength(message);
    if (bytes + eventOverheadBytes > batchLimitBytes) {
      throw invalidParameter(
        `Log event too large: ${bytes + eventOverheadBytes} bytes exceeds limit of ${batchLimitBytes}`,
      );
    }
    messageBytes += bytes;
  }
  const batchBytes = messageBytes + events.length * eventOverheadBytes;
  if (batchBytes > batchLimitBytes) {
    throw invalidParameter(
      `Upload too large: ${batchBytes} bytes exceeds limit of ${batchLimitBytes}`,
    );
  }
  return messageBytes;
};

const checkOrder = (events: readonly InputEvent[]): void => {
  let previousMs = 0;
  for (const event of events) {
    if (event.timestamp < previousMs) {
      throw invalidParameter(
        "Log events in a single PutLogEvents request must be in chronological order.",
      );
    }
    previousMs = event.timestamp;
  }
};

const checkSpan = (accepted: readonly InputEvent[]): void => {
  const firstMs = accepted[0]?.timestamp ?? 0;
  const lastMs = accepted.at(-1)?.timestamp ?? 0;
  if (lastMs - firstMs > batchSpanLimitMs) {
    throw invalidParameter(
      "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
    );
  }
};

interface Rejection {
  tooOldLogEventEndIndex?: number;
  expiredLogEventEndIndex?: number;
  tooNewLogEventStartIndex?: number;
}

interface Judged {
  accepted: readonly InputEvent[];
  rejection?: Rejection;
}

const countBefore = (events: readonly InputEvent[], limitMs: number): number => {
  if ((events[0]?.timestamp ?? 0) >= limitMs) return 0;
  const index = events.findIndex((event) => event.timestamp >= limitMs);
  return index < 0 ? events.length : index;
};

/** Parts the events the service takes from those it refuses one by one. Events are in order. */
const judge = (events: readonly InputEvent[], group: StoredGroup, nowMs: number): Judged => {
  const tooOld = countBefore(events, nowMs - tooOldAfterMs);
  const expired = countBefore(events, expiresBeforeMs(group, nowMs));
  const lastIsTooNew = (events.at(-1)?.timestamp ?? 0) > nowMs + tooNewAfterMs;
  const newFrom = lastIsTooNew ? countBefore(events, nowMs + tooNewAfterMs + 1) : events.length;
  if (tooOld === 0 && expired === 0 && !lastIsTooNew) return { accepted: events };
  return {
    accepted: events.slice(Math.max(tooOld, expired), newFrom),
    rejection: {
      ...(tooOld > 0 ? { tooOldLogEventEndIndex: tooOld } : {}),
      ...(expired > 0 ? { expiredLogEventEndIndex: expired } : {}),
      ...(lastIsTooNew ? { tooNewLogEventStartIndex: newFrom } : {}),
    },
  };
};

const entityAnswer = (entity: Entity | undefined): object =>
  entity && !entity.keyAttributes
    ? { rejectedEntityInfo: { errorType: "MissingRequiredFields" } }
    : {};

const perform = (input: Input, context: ActionContext): object => {
  const { store, nowMs } = context;
  checkNames(input);
  const messageBytes = measure(input.logEvents);
  checkOrder(input.logEvents);
  const group = findGroup({ logGroupName: input.logGroupName }, context);
  const stream = findStream(group, input.logStreamName);
  const { accepted, rejection } = judge(input.logEvents, group, nowMs);
  checkSpan(accepted);
  if (accepted.length > 0) {
    const isWhole = accepted.length === input.logEvents.length;
    const stamps = { ingestedMs: nowMs, visibleAtMs: nowMs + context.visibilityDelayMs() };
    const bytes = isWhole ? messageBytes : measure(accepted);
    store.segments.append(stream.id, encodeRecord(accepted, bytes, stamps));
    context.countEvents(accepted.length);
  }
  return {
    nextSequenceToken: sequenceToken(stream.id, store.segments.index(stream.id).eventCount),
    ...(rejection ? { rejectedLogEventsInfo: rejection } : {}),
    ...entityAnswer(input.entity),
  };
};

/** Appends a batch to a stream, judging it event by event as the service does. */
export const putLogEvents: Action = defineAction<Input>(rule, perform);
