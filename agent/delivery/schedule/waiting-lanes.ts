import type { Time } from "../../time.ts";

/** Lanes whose frames wait for something that may never come, and since when the oldest does. */
export interface WaitingLanes {
  /** The oldest frame of a lane has waited since this moment, epoch ms. */
  note(lane: string, sinceMs: number): void;
  /** Nothing of the lane waits any more. */
  forget(lane: string): void;
  /** The lane that has waited longest. */
  oldest(): string | undefined;
  stop(): void;
}

export interface WaitingLanesOptions {
  time: Time;
  /** How long a frame waits at most. */
  waitMs: number;
  /** The oldest frame of the lane has waited that long. */
  onDue(lane: string): void;
}

/** A timer of Node takes no more. */
const longestTimerMs = 2_147_483_647;

/** One timer for all: the first that is due sets it. */
export const createWaitingLanes = ({ time, waitMs, onDue }: WaitingLanesOptions): WaitingLanes => {
  const since = new Map<string, number>();
  let timer: { atMs: number; cancel(): void } | null = null;

  const first = (): [lane: string, sinceMs: number] | undefined => {
    let found: [string, number] | undefined;
    for (const place of since) if (found === undefined || place[1] < found[1]) found = place;
    return found;
  };
  const wait = (sinceMs: number): void => {
    const atMs = sinceMs + waitMs;
    if (timer !== null && timer.atMs <= atMs) return;
    timer?.cancel();
    const delayMs = Math.min(longestTimerMs, Math.max(1, atMs - time.epochMs()));
    timer = { atMs, cancel: time.after(delayMs, ring) };
  };
  const ring = (): void => {
    timer = null;
    const dueMs = time.epochMs() - waitMs;
    for (const [lane, sinceMs] of [...since]) {
      if (sinceMs > dueMs) continue;
      since.delete(lane);
      onDue(lane);
    }
    const next = first();
    if (next !== undefined) wait(next[1]);
  };
  return {
    note(lane, sinceMs) {
      since.set(lane, sinceMs);
      wait(sinceMs);
    },
    forget(lane) {
      since.delete(lane);
    },
    oldest: () => first()?.[0],
    stop() {
      timer?.cancel();
    },
  };
};
