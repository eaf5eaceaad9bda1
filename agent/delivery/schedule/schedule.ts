import { sleep, type Time } from "../../time.ts";
import { createLine } from "./line.ts";
import type { Pace } from "./pace.ts";

/** What a lane wants after a step: nothing, another step, one after a pause, or one day to be told. */
export type Next =
  | { kind: "empty" }
  | { kind: "more" }
  | { kind: "pause"; pauseMs: number }
  | { kind: "wait"; until: Promise<Next> };

/**
 * Decides which lane is served next. A lane waits for its age, so that a batch can fill, then in line
 * for its turn: the one that has waited longest goes first. Where turns are scarce the line grows and
 * batches with it, so that calls stay under the pace.
 */
export interface Schedule {
  /** Something waits in a lane: it gets in line after `ageMs`, or at once where that is urgent. */
  wake(lane: string, isUrgent: boolean): void;
  /** Serves all lanes without waiting for age; false if some still wait after `limitMs`. */
  drain(limitMs: number): Promise<boolean>;
  /** Begins no further step; resolves once those under way have ended. */
  stop(): Promise<void>;
}

export interface ScheduleOptions {
  time: Time;
  /** Lanes served at the same time. */
  workers: number;
  /** Whether one more batch may be held in memory. */
  hasRoom(): boolean;
  /** How long the first event of a lane may wait for others. */
  ageMs: number;
  /** Of steps. */
  pace: Pace;
  /** One call for a lane. Must not reject, nor may what it lets wait for. */
  step(lane: string): Promise<Next>;
}

/** Before its turn in line a lane waits: for age, for the end of a pause, or to be told. */
interface Waiting {
  for: "age" | "pause" | "word";
  cancel(): void;
}

const drainPollMs = 20;

export const createSchedule = (options: ScheduleOptions): Schedule => {
  const { time, workers, pace, step } = options;
  const waiting = new Map<string, Waiting>();
  const line = createLine();
  const running = new Map<string, Promise<void>>();
  const wokenWhileRunning = new Set<string>();
  const turn = createTurn(pace, time, () => pump());
  let ageMs = options.ageMs;
  let isStopped = false;

  const queue = (lane: string): void => {
    waiting.get(lane)?.cancel();
    waiting.delete(lane);
    line.join(lane);
    pump();
  };
  const wait = (lane: string, delayMs: number, reason: "age" | "pause"): void => {
    if (delayMs <= 0) queue(lane);
    else waiting.set(lane, { for: reason, cancel: time.after(delayMs, () => queue(lane)) });
  };
  const wake = (lane: string, isUrgent: boolean): void => {
    if (isStopped || line.has(lane)) return;
    if (running.has(lane)) wokenWhileRunning.add(lane);
    else if (!waiting.has(lane)) wait(lane, isUrgent ? 0 : ageMs, "age");
    else if (isUrgent && waiting.get(lane)?.for === "age") queue(lane);
  };
  const follow = (lane: string, next: Next): void => {
    const isWoken = wokenWhileRunning.delete(lane);
    if (isStopped) return;
    if (next.kind === "more") queue(lane);
    else if (next.kind === "pause") wait(lane, next.pauseMs, "pause");
    else if (next.kind === "empty") {
      if (isWoken) wake(lane, false);
    } else {
      waiting.set(lane, { for: "word", cancel: () => {} });
      void next.until.then((told) => {
        waiting.delete(lane);
        follow(lane, told);
      });
    }
  };
  const serve = async (lane: string): Promise<void> => {
    const next = await step(lane);
    running.delete(lane);
    follow(lane, next);
    pump();
  };
  // A lane under way calls again when it is done, so that room that is given back is used.
  const mayBegin = (): boolean =>
    running.size === 0 || (running.size < workers && options.hasRoom());
  const pump = (): void => {
    while (!isStopped && line.size() > 0 && mayBegin() && turn.take()) {
      const lane = line.next() as string;
      running.set(lane, serve(lane));
    }
  };
  const isIdle = (): boolean => waiting.size + line.size() + running.size === 0;
  return {
    wake,
    async drain(limitMs) {
      ageMs = 0;
      const untilMs = time.monotonicMs() + limitMs;
      for (const [lane, place] of [...waiting]) if (place.for === "age") queue(lane);
      while (!isIdle() && time.monotonicMs() < untilMs) await sleep(time, drainPollMs);
      return isIdle();
    },
    async stop() {
      isStopped = true;
      for (const { cancel } of waiting.values()) cancel();
      await Promise.all(running.values());
    },
  };
};

/** Whose turn it is matters only once it has come, so one turn is held for all. */
const createTurn = (pace: Pace, time: Time, onCome: () => void): { take(): boolean } => {
  let state: "none" | "reserved" | "come" = "none";
  return {
    /** Uses the turn if it has come; else `onCome` will tell. */
    take() {
      if (state === "reserved") return false;
      const waitMs = state === "come" ? 0 : pace.reserve();
      state = waitMs > 0 ? "reserved" : "none";
      if (waitMs <= 0) return true;
      time.after(waitMs, () => {
        state = "come";
        onCome();
      });
      return false;
    },
  };
};
