import {
  batchLimitBytes,
  batchLimitEvents,
  batchSpanLimitMs,
  eventOverheadBytes,
  tooNewAfterMs,
  tooOldAfterMs,
} from "../../agent/cloudwatch/limits.ts";

/** An event as it was put. */
export interface CloudEvent {
  timestamp: number;
  message: string;
}

/** An event that CloudWatch has taken, and that operators may since have deleted. */
export interface Taken extends CloudEvent {
  group: string;
  stream: string;
  /** True time of the taking, and of the call's leaving. */
  takenMs: number;
  askedMs: number;
}

/** What an action comes to: an answer, or an error by its name. */
export type CloudAnswer = { ok: true; body: object } | { ok: false; name: string; message: string };

export interface CallTiming {
  askedMs: number;
  visibleMs: number;
}

/** CloudWatch Logs reduced to the actions of delivery, with the rules that matter to it. */
export interface Cloud {
  /** Applies an action that was asked for at `askedMs`; what it puts can be read once `visibleMs` have passed. */
  apply(action: string, params: Record<string, unknown>, timing: CallTiming): CloudAnswer;
  deleteGroup(group: string): void;
  deleteStream(group: string, stream: string): void;
  /** Days after which a group's events expire; null for never. */
  retain(group: string, days: number | null): void;
  groups(): string[];
  streams(group: string): string[];
  /** Every event it ever took, in that order. */
  taken: readonly Taken[];
}

interface StoredEvent extends CloudEvent {
  visibleAtMs: number;
}

interface Group {
  streams: Map<string, StoredEvent[]>;
  retentionDays: number | null;
}

const dayMs = 86_400_000;

const absent = (what: string): CloudAnswer => ({
  ok: false,
  name: "ResourceNotFoundException",
  message: `The specified log ${what} does not exist.`,
});

const exists = (what: string): CloudAnswer => ({
  ok: false,
  name: "ResourceAlreadyExistsException",
  message: `The specified log ${what} already exists`,
});

const invalid = (message: string): CloudAnswer => ({
  ok: false,
  name: "InvalidParameterException",
  message,
});

const done = (body: object = {}): CloudAnswer => ({ ok: true, body });

/** Why a whole batch is refused; null for one that is taken, but for single events. */
const faultOf = (events: readonly CloudEvent[], accepted: readonly CloudEvent[]): string | null => {
  if (events.length === 0) return "Value '[]' at 'logEvents' failed to satisfy constraint";
  if (events.length > batchLimitEvents) return "Value at 'logEvents' failed: too many members";
  const bytes = events.reduce(
    (sum, { message }) => sum + Buffer.byteLength(message) + eventOverheadBytes,
    0,
  );
  if (bytes > batchLimitBytes) return `Upload too large: ${bytes} bytes exceeds limit`;
  const isOrdered = events.every(
    ({ timestamp }, index) => timestamp >= (events[index - 1]?.timestamp ?? 0),
  );
  if (!isOrdered) {
    return "Log events in a single PutLogEvents request must be in chronological order.";
  }
  const spanMs = (accepted.at(-1)?.timestamp ?? 0) - (accepted[0]?.timestamp ?? 0);
  return spanMs > batchSpanLimitMs
    ? "The batch of log events in a single PutLogEvents request cannot span more than 24 hours."
    : null;
};

/** Parts what the service takes from what it refuses one by one. */
const judge = (events: readonly CloudEvent[], group: Group, nowMs: number) => {
  const before = (limitMs: number): number => {
    const index = events.findIndex(({ timestamp }) => timestamp >= limitMs);
    return index < 0 ? events.length : index;
  };
  const tooOld = before(nowMs - tooOldAfterMs);
  const expired = group.retentionDays === null ? 0 : before(nowMs - group.retentionDays * dayMs);
  const tooNew = before(nowMs + tooNewAfterMs + 1);
  const rejected = {
    ...(tooOld > 0 ? { tooOldLogEventEndIndex: tooOld } : {}),
    ...(expired > 0 ? { expiredLogEventEndIndex: expired } : {}),
    ...(tooNew < events.length ? { tooNewLogEventStartIndex: tooNew } : {}),
  };
  const accepted = events.slice(Math.max(tooOld, expired), tooNew);
  return { accepted, rejected, isWhole: accepted.length === events.length };
};

/** `nowMs` is true time, `epochMs` the service's clock. */
export const createCloud = (nowMs: () => number, epochMs: () => number): Cloud => {
  const groups = new Map<string, Group>();
  const taken: Taken[] = [];

  const put = (
    params: Record<string, unknown>,
    { askedMs, visibleMs }: CallTiming,
  ): CloudAnswer => {
    const { logGroupName, logStreamName, logEvents } = params as {
      logGroupName: string;
      logStreamName: string;
      logEvents: CloudEvent[];
    };
    const group = groups.get(logGroupName);
    const stream = group?.streams.get(logStreamName);
    const { accepted, rejected, isWhole } = judge(
      logEvents,
      group ?? { streams: new Map(), retentionDays: null },
      epochMs(),
    );
    const fault = faultOf(logEvents, accepted);
    if (fault !== null) return invalid(fault);
    if (group === undefined) return absent("group");
    if (stream === undefined) return absent("stream");
    const visibleAtMs = nowMs() + visibleMs;
    for (const { timestamp, message } of accepted) {
      stream.push({ timestamp, message, visibleAtMs });
      const place = { group: logGroupName, stream: logStreamName };
      taken.push({ timestamp, message, ...place, takenMs: nowMs(), askedMs });
    }
    return done(isWhole ? {} : { rejectedLogEventsInfo: rejected });
  };
  const read = (params: Record<string, unknown>): CloudAnswer => {
    const { logGroupName, logStreamName, startTime, endTime, nextToken } = params as {
      logGroupName: string;
      logStreamName: string;
      startTime: number;
      endTime: number;
      nextToken?: string;
    };
    const group = groups.get(logGroupName);
    if (group === undefined) return absent("group");
    const stream = group.streams.get(logStreamName);
    if (stream === undefined) return absent("stream");
    // One page holds all that is there; the next one is empty and has the same token.
    const events = nextToken === undefined ? stream : [];
    return done({
      events: events
        .filter(
          ({ timestamp, visibleAtMs }) =>
            visibleAtMs <= nowMs() && timestamp >= startTime && timestamp < endTime,
        )
        .map(({ timestamp, message }) => ({ timestamp, message, ingestionTime: 0 })),
      nextForwardToken: "f/end",
      nextBackwardToken: "b/end",
    });
  };
  return {
    taken,
    apply(action, params, timing) {
      const name = params.logGroupName as string;
      const group = groups.get(name);
      switch (action) {
        case "CreateLogGroup":
          if (group !== undefined) return exists("group");
          groups.set(name, { streams: new Map(), retentionDays: null });
          return done();
        case "PutRetentionPolicy":
          if (group === undefined) return absent("group");
          group.retentionDays = params.retentionInDays as number;
          return done();
        case "CreateLogStream": {
          const stream = params.logStreamName as string;
          if (group === undefined) return absent("group");
          if (group.streams.has(stream)) return exists("stream");
          group.streams.set(stream, []);
          return done();
        }
        case "PutLogEvents":
          return put(params, timing);
        case "GetLogEvents":
          return read(params);
        default:
          return { ok: false, name: "UnknownOperationException", message: action };
      }
    },
    deleteGroup: (group) => groups.delete(group),
    deleteStream: (group, stream) => groups.get(group)?.streams.delete(stream),
    retain(group, days) {
      const known = groups.get(group);
      if (known !== undefined) known.retentionDays = days;
    },
    groups: () => [...groups.keys()],
    streams: (group) => [...(groups.get(group)?.streams.keys() ?? [])],
  };
};
