import { sleep, type Time } from "../time.ts";

/** What a lane wants after a step: nothing, another step at once, or one after a pause. */
export type Next = { kind: "empty" } | { kind: "more" } | { kind: "pause"; pauseMs: number };

/** Decides which lane is served next: in turn, each after a while, so that batches can fill. */
export interface Schedule {
  /** Something waits in a lane: it is served after `ageMs`, or at once where that is urgent. */
  wake(lane: string, isUrgent: boolean): void;
  /** Serves all lanes without waiting for age; false if some still wait after `limitMs`. */
  drain(limitMs: number): Promise<boolean>;
  /** Begins no further step; resolves once those under way have ended. */
  stop(): Promise<void>;
}

export interface ScheduleOptions {
  time: Time;
  /** Lanes served at the same time: each holds a batch in memory. */
  workers: number;
  /** How long the first event of a lane may wait for others. */
  ageMs: number;
  /** One batch of a lane. Must not reject. */
  step(lane: string): Promise<Next>;
}

interface Waiting {
  cancel(): void;
  /** Waits for more events, not for a pause to end. */
  isForAge: boolean;
}

const drainPollMs = 20;

export const createSchedule = (options: ScheduleOptions): Schedule => {
  const { time, workers, step } = options;
  const waiting = new Map<string, Waiting>();
  const ready = new Set<string>();
  const running = new Map<string, Promise<void>>();
  const wokenWhileRunning = new Set<string>();
  let ageMs = options.ageMs;
  let isStopped = false;

  const makeReady = (lane: string): void => {
    waiting.get(lane)?.cancel();
    waiting.delete(lane);
    ready.add(lane);
    pump();
  };
  const wait = (lane: string, delayMs: number, isForAge: boolean): void => {
    if (delayMs <= 0) makeReady(lane);
    else waiting.set(lane, { isForAge, cancel: time.after(delayMs, () => makeReady(lane)) });
  };
  const wake = (lane: string, isUrgent: boolean): void => {
    if (isStopped || ready.has(lane)) return;
    if (running.has(lane)) wokenWhileRunning.add(lane);
    else if (!waiting.has(lane)) wait(lane, isUrgent ? 0 : ageMs, true);
    else if (isUrgent && waiting.get(lane)?.isForAge) makeReady(lane);
  };
  const serve = async (lane: string): Promise<void> => {
    const next = await step(lane);
    running.delete(lane);
    const isWoken = wokenWhileRunning.delete(lane);
    if (isStopped) return;
    if (next.kind === "more") ready.add(lane);
    else if (next.kind === "pause") wait(lane, next.pauseMs, false);
    else if (isWoken) wake(lane, false);
    pump();
  };
  const pump = (): void => {
    for (const lane of ready) {
      if (isStopped || running.size >= workers) return;
      ready.delete(lane);
      running.set(lane, serve(lane));
    }
  };
  const isIdle = (): boolean => waiting.size + ready.size + running.size === 0;
  return {
    wake,
    async drain(limitMs) {
      ageMs = 0;
      const untilMs = time.monotonicMs() + limitMs;
      for (const [lane, { isForAge }] of [...waiting]) if (isForAge) makeReady(lane);
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
