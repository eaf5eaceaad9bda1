import type { DropReason, LogEvent, Value } from "../shared/event.ts";
import type { Delivery } from "./delivery.ts";
import { fatalRank, levelOf } from "./rank.ts";
import type { Setup } from "./setup.ts";
import { countDropped } from "./tally.ts";
import { leastBytes, toValue } from "./value.ts";

/** Turns log calls into events, one at a time: calls made meanwhile wait their turn. */
export interface Recorder {
  /**
   * `kind` as on the wire; `args`: the format, then its values; of a metric its name, then its number.
   * They are the recorder's from then on.
   */
  record(kind: number, tag: string, args: ArrayLike<unknown>): void;
  /** Counts whatever comes from now on as `closed`. */
  stop(): void;
}

/** Sees each event as it is recorded; must not throw. */
export type Mirror = (event: LogEvent) => void;

/** A log call as it was made. */
interface WaitingCall {
  kind: number;
  tag: string;
  args: ArrayLike<unknown>;
  uptimeMs: number;
  /** What shows events made the call: it must not show this one in turn. */
  isOfMirror: boolean;
}

/** Work never takes so long: what is still at it was broken off, as engines do that have no memory left. */
const workLimitMs = 10_000;

/** Calls that may wait while one is at work, for example from an argument's `toJSON`. */
const waitingPlaces = 4;

// On the way of an event a function more costs a board as much as three bytes of the frame.
export const createRecorder = (setup: Setup, delivery: Delivery, mirror?: Mirror): Recorder => {
  const tally = setup.tally;
  const limits = delivery.limits;
  const uptimeMs = setup.platform.uptimeMs;
  const eventLimitBytes = setup.eventLimitBytes;
  let isAtWork = false;
  let isMirroring = false;
  let startedMs = 0;
  let isStopped = false;
  let places = waitingPlaces;
  const waiting: WaitingCall[] = [];

  const drop = (kind: number, reason: DropReason): void => {
    if (isStopped) countDropped(tally, "closed", 1);
    else delivery.drop(kind, reason);
  };
  const take = (
    kind: number,
    tag: string,
    given: ArrayLike<unknown>,
    atMs: number,
    show: Mirror | undefined,
  ): void => {
    try {
      if (limits[kind] === 0 && !show) {
        drop(kind, "ring_full");
        return;
      }
      const args = (typeof given[0] === "string" ? given : withFormat(given)) as unknown[];
      let bytes = 0;
      for (let index = 0; index < args.length; index++) {
        const value = args[index];
        if (typeof value === "string") bytes += value.length;
        else if (typeof value !== "number") {
          args[index] = toValue(value);
          bytes += leastBytes(args[index] as Value);
        }
      }
      if (show) {
        isMirroring = true;
        show(eventOf(kind, tag, args, atMs));
        isMirroring = false;
      }
      if (isStopped || bytes > eventLimitBytes) drop(kind, "too_large");
      else delivery.add(kind, tag, args, atMs);
    } catch {
      // By intent nothing here throws: the engine has run out of memory, or of a string's length.
      drop(kind, "too_large");
    }
  };
  const takeWaiting = (): void => {
    for (let call = waiting.shift(); call; call = waiting.shift()) {
      const show = call.isOfMirror ? undefined : mirror;
      take(call.kind, call.tag, call.args, call.uptimeMs, show);
    }
    places = waitingPlaces;
  };
  return {
    stop() {
      isStopped = true;
    },
    record(kind, tag, args) {
      const atMs = uptimeMs();
      tally.logged++;
      if (isAtWork && atMs - startedMs < workLimitMs) {
        if (places-- > 0) {
          waiting.push({ kind, tag, args, uptimeMs: atMs, isOfMirror: isMirroring });
        } else drop(kind, "busy");
        return;
      }
      isAtWork = true;
      isMirroring = false;
      startedMs = atMs;
      take(kind, tag, args, atMs, mirror);
      if (places < waitingPlaces) takeWaiting();
      isAtWork = false;
    },
  };
};

/** A call without text, like error(exception), gets the format that shows its first value. */
const withFormat = (given: ArrayLike<unknown>): unknown[] => {
  const args: unknown[] = ["%s"];
  for (let index = 0; index < given.length; index++) args.push(given[index]);
  return args;
};

const eventOf = (kind: number, tag: string, args: unknown[], uptimeMs: number): LogEvent => {
  const event: LogEvent = {
    kind: "event",
    uptimeMs,
    site: { level: levelOf(kind), tag, format: args[0] as string },
    values: [].slice.call(args, 1),
  };
  if (kind > fatalRank) event.site.isMetric = true;
  return event;
};
