import type { Platform, Timer } from "../platform.ts";

declare const E: {
  CRC32(text: string): number;
  hwRand(): number;
  getAnalogVRef?: () => number;
  getTemperature?: () => number;
  on(event: string, listener: (names: string[]) => unknown): void;
};
declare const process: {
  memory(isCollecting?: boolean): { usage: number; free: number };
  on(event: "uncaughtException", listener: (thrown: unknown) => void): void;
};
declare const ESP8266: { getResetInfo?(): { reason: string } } | undefined;
declare const getSerial: () => string;
/** Seconds, with fractions, since 1970 or since power came; moves whenever somebody sets the clock. */
declare const getTime: () => number;
declare const setTimeout: (callback: () => void, delayMs: number) => Timer;
declare const clearTimeout: (timer: Timer) => void;

/** A step of a day is somebody setting the clock, even where no timer runs: SNTP moves it by decades. */
const stepLimitMs = 86_400_000;

/** A timer may be so early, by rounding, and so late, where the program is busy; beyond it was a step. */
const earlyMs = 20;
const lateMs = 10_000;

/** Steps of less are removed and not told. */
const toldMs = 1_000;

/** What a variable holds, at least; 2 to 5 more are its own. */
const variableBytes = 12;

const noiseSamples = 8;

/** Text that differs between two starts as much as this board can make it. */
const noise = (given: (() => unknown) | undefined): string => {
  let text = getSerial();
  for (let sample = 0; sample < noiseSamples; sample++) {
    if (E.getAnalogVRef) text += E.getAnalogVRef();
    if (E.getTemperature) text += E.getTemperature();
    if (given) text += given();
    text += getTime();
  }
  return text;
};

/**
 * The uptime, summed up from a clock that anybody may set. Timers go on whatever the clock is set to:
 * so the one that is due next is what it is compared with.
 */
interface Clock {
  uptimeMs: number;
  /** The clock when it was last read. */
  readMs: number;
  /** The timer to compare with, null for none: uptime and clock when it is due. */
  timer: Timer;
  dueMs: number;
  dueReadMs: number;
  /** What the clock was set ahead by where no timer ran, as far as that is known. */
  steppedMs: number;
}

/** Adds what has passed since the last reading; what cannot have passed is a step. */
const readClock = (clock: Clock): number => {
  const nowMs = getTime() * 1_000;
  const stepMs = nowMs - clock.readMs;
  clock.readMs = nowMs;
  if (stepMs < 0 || stepMs >= stepLimitMs) clock.steppedMs += stepMs;
  else if (!clock.timer || clock.uptimeMs + stepMs <= clock.dueMs + lateMs) {
    clock.uptimeMs += stepMs;
  }
  return clock.uptimeMs;
};

/**
 * The clock and chance of an Espruino board. `given` may read one more source of noise, an open
 * analogue pin for instance. What these engines call random repeats at every start: it is only mixed in.
 */
export const createEspruinoPlatform = (given: (() => unknown) | undefined): Platform => {
  const clock: Clock = {
    uptimeMs: 0,
    readMs: getTime() * 1_000,
    timer: null,
    dueMs: 0,
    dueReadMs: 0,
    steppedMs: 0,
  };
  const platform: Platform = {
    onStep: null,
    uptimeMs: () => Math.floor(readClock(clock)),
    after(delayMs, callback) {
      const dueMs = readClock(clock) + delayMs;
      if (clock.timer && clock.dueMs <= dueMs) return setTimeout(callback, delayMs);
      const timer = setTimeout(() => {
        if (clock.timer === timer) {
          // What has passed since it was set is known again.
          clock.readMs = getTime() * 1_000;
          const stepMs = clock.readMs - clock.dueReadMs;
          const isStep = stepMs < -earlyMs || stepMs > lateMs;
          clock.uptimeMs = Math.max(clock.uptimeMs, dueMs + (isStep ? 0 : stepMs));
          clock.timer = null;
          clock.steppedMs = 0;
          const isTold = stepMs <= -toldMs || stepMs > lateMs;
          if (isTold && platform.onStep) platform.onStep(Math.round(stepMs));
        }
        callback();
      }, delayMs);
      clock.timer = timer;
      clock.dueMs = dueMs;
      clock.dueReadMs = clock.readMs + delayMs - clock.steppedMs;
      return timer;
    },
    cancel(timer) {
      if (clock.timer === timer) clock.timer = null;
      clearTimeout(timer);
    },
    freeBytes: (isExact) => process.memory(isExact).free * variableBytes,
    watch(watcher) {
      const onUncaught = watcher.onUncaught;
      if (onUncaught) {
        process.on("uncaughtException", (thrown) => {
          onUncaught(thrown);
          // An engine that is listened to reports nothing; what its listener throws it does report.
          throw thrown;
        });
      }
      E.on("errorFlag", watcher.onFlags);
    },
    watchSave(onSave, onResume) {
      let isSaved = false;
      E.on("kill", () => {
        onSave();
        isSaved = true;
      });
      // Raised after each start, also of a program that was never saved.
      E.on("init", () => {
        if (isSaved) onResume();
        isSaved = false;
      });
    },
    entropy: () => E.CRC32(noise(given) + E.hwRand() + process.memory().usage),
  };
  return platform;
};

/** Why the board has started, where it tells. */
export const resetReason = (): string | undefined =>
  typeof ESP8266 === "undefined" || !ESP8266.getResetInfo
    ? undefined
    : ESP8266.getResetInfo().reason;
