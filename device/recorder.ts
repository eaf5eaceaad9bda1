import type { Level, LogEvent } from "../shared/event.ts";
import type { Delivery } from "./delivery.ts";
import type { Platform } from "./platform.ts";
import { countDropped, type Tally } from "./tally.ts";
import { leastBytes, toValue } from "./value.ts";

/** A log call as it was made. */
export interface Call {
  level: Level;
  tag: string;
  /** The format, then its values. */
  args: ArrayLike<unknown>;
}

/** Turns log calls into events, one at a time: calls made meanwhile wait their turn. */
export interface Recorder {
  record(call: Call): void;
  /** Counts whatever comes from now on as `closed`. */
  stop(): void;
}

export interface RecorderOptions {
  platform: Platform;
  delivery: Delivery;
  tally: Tally;
  /** Events whose text alone is longer are not encoded at all. */
  eventLimitBytes: number;
  /** Sees each event too; what it throws is ignored. */
  mirror: ((event: LogEvent) => void) | null;
}

/** Calls that may wait while one is at work, for example from an argument's `toJSON`. */
const waitingPlaces = 4;

const eventOf = (call: Call, uptimeMs: number): LogEvent => {
  const args = call.args;
  const isText = typeof args[0] === "string";
  const values = [];
  for (let index = isText ? 1 : 0; index < args.length; index++) values.push(toValue(args[index]));
  // A call without text, like error(exception), gets the format that shows its first value.
  const format = isText ? (args[0] as string) : "%s";
  return { kind: "event", uptimeMs, site: { level: call.level, tag: call.tag, format }, values };
};

export const createRecorder = (options: RecorderOptions): Recorder => {
  const delivery = options.delivery;
  const tally = options.tally;
  const waiting: { call: Call; uptimeMs: number }[] = [];
  let places = 0;
  let isAtWork = false;
  let isStopped = false;

  const deliver = (call: Call, uptimeMs: number): void => {
    const event = eventOf(call, uptimeMs);
    const bytes = leastBytes(event.values) + event.site.format.length + call.tag.length;
    if (isStopped) countDropped(tally, "closed", 1);
    else if (bytes > options.eventLimitBytes) delivery.drop(call.level, "too_large");
    else delivery.add(event);
    if (options.mirror !== null) options.mirror(event);
  };
  const attempt = (call: Call, uptimeMs: number): void => {
    try {
      deliver(call, uptimeMs);
    } catch {
      // Nothing here throws by intent: the engine has run out of something, a string's length or memory.
      delivery.drop(call.level, "too_large");
    }
  };
  return {
    stop() {
      isStopped = true;
    },
    record(call) {
      tally.logged++;
      const uptimeMs = options.platform.uptimeMs();
      if (!isAtWork) {
        isAtWork = true;
        places = waitingPlaces;
        attempt(call, uptimeMs);
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
          attempt(next.call, next.uptimeMs);
        }
        isAtWork = false;
      } else if (places > 0) {
        places--;
        waiting.push({ call, uptimeMs });
      } else if (isStopped) countDropped(tally, "closed", 1);
      else delivery.drop(call.level, "busy");
    },
  };
};
