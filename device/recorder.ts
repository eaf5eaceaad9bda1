import type { DropReason, Level, LogEvent, Site, Value } from "../shared/event.ts";
import type { Delivery } from "./delivery.ts";
import type { Setup } from "./setup.ts";
import { countDropped } from "./tally.ts";
import { leastBytes, toValue } from "./value.ts";

/** Turns log calls into events, one at a time: calls made meanwhile wait their turn. */
export interface Recorder {
  /** `args`: the format, then its values; of a metric its name, then its number. */
  record(level: Level, tag: string, args: ArrayLike<unknown>, isMetric?: true): void;
  /** Counts whatever comes from now on as `closed`. */
  stop(): void;
}

/** Sees each event as it is recorded; must not throw. */
export type Mirror = (event: LogEvent) => void;

/** A log call as it was made. */
interface WaitingCall {
  level: Level;
  tag: string;
  args: ArrayLike<unknown>;
  isMetric: true | undefined;
  uptimeMs: number;
}

/** Calls that may wait while one is at work, for example from an argument's `toJSON`. */
const waitingPlaces = 4;

export const createRecorder = (setup: Setup, delivery: Delivery, mirror?: Mirror): Recorder => {
  const tally = setup.tally;
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
      if (mirror) mirror(event);
      if (isStopped || textBytes(event) > setup.eventLimitBytes) drop(level, "too_large");
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
    record(level, tag, args, isMetric) {
      const call = { level, tag, args, isMetric, uptimeMs: setup.platform.uptimeMs() };
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
  const site: Site = { level: call.level, tag: call.tag, format };
  if (call.isMetric) site.isMetric = true;
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
