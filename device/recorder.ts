import type { DropReason, Level, LogEvent, Value } from "../shared/event.ts";
import type { Delivery } from "./delivery.ts";
import type { Platform } from "./platform.ts";
import { countDropped, type Tally } from "./tally.ts";
import { leastBytes, toValue } from "./value.ts";

/** Turns log calls into events, one at a time: calls made meanwhile wait their turn. */
export interface Recorder {
  /** `args`: the format, then its values. */
  record(level: Level, tag: string, args: ArrayLike<unknown>): void;
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

/** A log call as it was made. */
interface WaitingCall {
  level: Level;
  tag: string;
  args: ArrayLike<unknown>;
  uptimeMs: number;
}

/** Calls that may wait while one is at work, for example from an argument's `toJSON`. */
const waitingPlaces = 4;

export const createRecorder = (options: RecorderOptions): Recorder => {
  const delivery = options.delivery;
  const tally = options.tally;
  const waiting: WaitingCall[] = [];
  let places = 0;
  let isAtWork = false;
  let isStopped = false;

  const drop = (level: Level, reason: DropReason): void => {
    if (isStopped) countDropped(tally, "closed", 1);
    else delivery.drop(level, reason);
  };
  const deliver = (call: WaitingCall): void => {
    const level = call.level;
    try {
      const event = eventOf(call);
      if (options.mirror) options.mirror(event);
      if (isStopped || textBytes(event) > options.eventLimitBytes) drop(level, "too_large");
      else delivery.add(event);
    } catch {
      // By intent nothing here throws: the engine has run out of memory, or of a string's length.
      drop(level, "too_large");
    }
  };
  return {
    stop() {
      isStopped = true;
    },
    record(level, tag, args) {
      const call = { level, tag, args, uptimeMs: options.platform.uptimeMs() };
      tally.logged++;
      if (isAtWork) {
        if (places-- > 0) waiting.push(call);
        else drop(level, "busy");
        return;
      }
      isAtWork = true;
      places = waitingPlaces;
      for (let next: WaitingCall | undefined = call; next; next = waiting.shift()) deliver(next);
      isAtWork = false;
    },
  };
};

const eventOf = (call: WaitingCall): LogEvent => {
  const args = call.args;
  const isText = typeof args[0] === "string";
  const values = [];
  for (let index = isText ? 1 : 0; index < args.length; index++) values.push(toValue(args[index]));
  // A call without text, like error(exception), gets the format that shows its first value.
  const format = isText ? (args[0] as string) : "%s";
  const site = { level: call.level, tag: call.tag, format };
  return { kind: "event", uptimeMs: call.uptimeMs, site, values };
};

/** How many bytes the event takes at least. */
const textBytes = (event: LogEvent): number => {
  let bytes = event.site.format.length;
  for (let index = 0; index < event.values.length; index++) {
    bytes += leastBytes(event.values[index] as Value);
  }
  return bytes;
};
