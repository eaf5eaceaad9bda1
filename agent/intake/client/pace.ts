import type { Time } from "../../time.ts";

/** When the next publish may go, so that a connection keeps to a number a second. */
export interface Pace {
  /** A message came, which the broker counts as well. */
  came(): void;
  /** Milliseconds until a publish may go; 0 for at once. */
  waitMs(): number;
  went(): void;
}

/** A second, and what the network may push together. */
const windowMs = 1_100;

/** Acks are at most half of what a connection may carry, for each answers at least one frame. */
const mostShare = 0.5;

/** So much is theirs whatever comes: without acks devices would only send again. */
const leastShare = 0.25;

/** The last `limit` events: one more may follow when the oldest is a window ago. */
const createWindow = (limit: number, time: Time) => {
  const atMs = new Float64Array(limit).fill(Number.NEGATIVE_INFINITY);
  let next = 0;
  return {
    note() {
      atMs[next] = time.monotonicMs();
      next = (next + 1) % limit;
    },
    waitMs: () => Math.max(0, (atMs[next] as number) + windowMs - time.monotonicMs()),
  };
};

/** Keeps publishes and what comes below `perSecond` together, as far as `leastShare` lets it. */
export const createPace = (perSecond: number, time: Time): Pace => {
  const both = createWindow(perSecond, time);
  const most = createWindow(Math.ceil(perSecond * mostShare), time);
  const least = createWindow(Math.ceil(perSecond * leastShare), time);
  return {
    came: both.note,
    waitMs: () => Math.max(most.waitMs(), Math.min(both.waitMs(), least.waitMs())),
    went() {
      both.note();
      most.note();
      least.note();
    },
  };
};

/** No limit. */
export const unpaced: Pace = { came() {}, waitMs: () => 0, went() {} };
