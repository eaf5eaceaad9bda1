import type { AWSCloudWatchLogs } from "../../cloudwatch/client.ts";
import { judge } from "../../cloudwatch/faults.ts";
import { sleep, type Time } from "../../time.ts";
import type { Pace } from "../schedule/pace.ts";
import type { LogStream } from "../stream.ts";

/**
 * What a look showed. `seen`: places of the events that are there. `unread`: the look itself failed.
 * `unreadable`: this group cannot be read, or not by us.
 */
export type ReadBack =
  | { kind: "read"; seen: ReadonlySet<number> }
  | { kind: "unread" | "unreadable" };

export interface ReadBackOptions {
  cloudwatch: AWSCloudWatchLogs;
  /** Of calls that read. */
  readPace: Pace;
  time: Time;
}

const pageEvents = 10_000;

/** An event as CloudWatch gives it back. */
export interface SentEvent {
  timestamp: number;
  message: string;
}

interface Page {
  events: SentEvent[];
  nextForwardToken: string;
}

const keyOf = ({ timestamp, message }: SentEvent): string => `${timestamp} ${message}`;

/** Places of the events by what they say: equal ones must be there as often as they were sent. */
const placesOf = (events: SentEvent[]): Map<string, number[]> => {
  const places = new Map<string, number[]>();
  for (const [place, event] of events.entries()) {
    const key = keyOf(event);
    const others = places.get(key);
    if (others === undefined) places.set(key, [place]);
    else others.push(place);
  }
  return places;
};

/** The events in the body of a PutLogEvents call. */
export const eventsIn = (body: Uint8Array): SentEvent[] =>
  (JSON.parse(Buffer.from(body).toString()) as { logEvents: SentEvent[] }).logEvents;

/**
 * Looks once for the events of a call that had no clear outcome. The turn for its first page is the
 * caller's. That an event is not there tells nothing until readers see all writes.
 */
export const lookFor = async (
  target: LogStream,
  events: SentEvent[],
  { cloudwatch, readPace, time }: ReadBackOptions,
): Promise<ReadBack> => {
  const wanted = placesOf(events);
  const seen = new Set<number>();
  let nextToken: string | undefined;
  for (;;) {
    const attempt = await cloudwatch.attempt("GetLogEvents", {
      logGroupName: target.group,
      logStreamName: target.stream,
      startTime: events[0]?.timestamp ?? 0,
      endTime: (events.at(-1)?.timestamp ?? 0) + 1,
      startFromHead: true,
      limit: pageEvents,
      nextToken,
    });
    const { verdict } = judge("GetLogEvents", attempt);
    if (verdict === "throttled") readPace.throttled();
    if (verdict === "denied" || verdict === "giveUp") return { kind: "unreadable" };
    if (verdict === "create") return { kind: "read", seen };
    if (verdict !== "accepted" || attempt.kind !== "response") return { kind: "unread" };
    const page = pageIn(attempt.body);
    if (page === null) return { kind: "unread" };
    for (const event of page.events) {
      const place = wanted.get(keyOf(event))?.shift();
      if (place !== undefined) seen.add(place);
    }
    const isEnd = page.nextForwardToken === nextToken;
    if (isEnd || seen.size === events.length) return { kind: "read", seen };
    nextToken = page.nextForwardToken;
    await sleep(time, readPace.reserve());
  }
};

/** Null for what is no page: something other than CloudWatch answered. */
const pageIn = (body: string): Page | null => {
  try {
    const page = JSON.parse(body) as Partial<Page> | null;
    const { events, nextForwardToken } = page ?? {};
    return Array.isArray(events) && typeof nextForwardToken === "string"
      ? { events, nextForwardToken }
      : null;
  } catch {
    return null;
  }
};
