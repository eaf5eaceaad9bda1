import type { Platform, Timer } from "../platform.ts";

declare const E: {
  CRC32(text: string): number;
  hwRand(): number;
  getAnalogVRef?: () => number;
  getTemperature?: () => number;
};
declare const process: { memory(): { usage: number } };
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
  /** The timer to compare with, null for none: uptime and clock when it was set, and its delay. */
  timer: Timer;
  setUptimeMs: number;
  setReadMs: number;
  delayMs: number;
  /** What the clock was set ahead by, as far as it is known and has not been told. */
  steppedMs: number;
  setSteppedMs: number;
}

/** Adds what has passed since the last reading; what cannot have passed is a step. */
const readClock = (clock: Clock): void => {
  const nowMs = getTime() * 1_000;
  const stepMs = nowMs - clock.readMs;
  const latestMs = clock.timer ? clock.setUptimeMs + clock.delayMs + lateMs : Infinity;
  clock.readMs = nowMs;
  if (stepMs < 0 || stepMs >= stepLimitMs || clock.uptimeMs + stepMs > latestMs) {
    clock.steppedMs += stepMs;
  } else clock.uptimeMs += stepMs;
};

/** The timer is due: what has passed since it was set is known again. */
const compareClock = (clock: Clock): void => {
  const nowMs = getTime() * 1_000;
  const stepMs = nowMs - clock.setReadMs - clock.delayMs;
  const isStep = stepMs < -earlyMs || stepMs > lateMs;
  const passedMs = clock.delayMs + (isStep ? 0 : stepMs);
  clock.uptimeMs = Math.max(clock.uptimeMs, clock.setUptimeMs + passedMs);
  clock.readMs = nowMs;
  clock.steppedMs = clock.setSteppedMs + (isStep ? stepMs : 0);
  clock.timer = null;
};

const tellStep = (clock: Clock, platform: Platform): void => {
  const steppedMs = Math.round(clock.steppedMs);
  if ((steppedMs < toldMs && -steppedMs < toldMs) || !platform.onStep) return;
  clock.steppedMs = 0;
  platform.onStep(steppedMs);
};

/**
 * The clock and chance of an Espruino board. `given` may read one more source of noise, an open
 * analogue pin for instance. What these engines call random repeats at every start: it is only mixed in.
 */
export const createEspruinoPlatform = (given: (() => unknown) | undefined): Platform => {
  const nowMs = getTime() * 1_000;
  const clock: Clock = {
    uptimeMs: 0,
    readMs: nowMs,
    timer: null,
    setUptimeMs: 0,
    setReadMs: nowMs,
    delayMs: 0,
    steppedMs: 0,
    setSteppedMs: 0,
  };
  const platform: Platform = {
    onStep: null,
    uptimeMs() {
      readClock(clock);
      return Math.floor(clock.uptimeMs);
    },
    after(delayMs, callback) {
      readClock(clock);
      if (clock.timer && clock.setUptimeMs + clock.delayMs <= clock.uptimeMs + delayMs) {
        return setTimeout(callback, delayMs);
      }
      const timer = setTimeout(() => {
        if (clock.timer === timer) compareClock(clock);
        tellStep(clock, platform);
        callback();
      }, delayMs);
      clock.timer = timer;
      clock.setUptimeMs = clock.uptimeMs;
      clock.setReadMs = clock.readMs;
      clock.setSteppedMs = clock.steppedMs;
      clock.delayMs = delayMs;
      return timer;
    },
    cancel(timer) {
      if (clock.timer === timer) clock.timer = null;
      clearTimeout(timer);
    },
    entropy: () => E.CRC32(noise(given) + E.hwRand() + process.memory().usage),
  };
  return platform;
};
