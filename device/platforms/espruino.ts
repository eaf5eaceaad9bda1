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

/** A longer step than this is somebody setting the clock: SNTP moves it by decades. */
const stepLimitMs = 86_400_000;

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
 * The clock and chance of an Espruino board. `given` may read one more source of noise, an open
 * analogue pin for instance. What these engines call random repeats at every start: it is only mixed in.
 */
export const createEspruinoPlatform = (given: (() => unknown) | undefined): Platform => {
  let lastMs = getTime() * 1_000;
  let uptimeMs = 0;

  return {
    uptimeMs() {
      const nowMs = getTime() * 1_000;
      const stepMs = nowMs - lastMs;
      lastMs = nowMs;
      if (stepMs > 0 && stepMs < stepLimitMs) uptimeMs += stepMs;
      return Math.floor(uptimeMs);
    },
    after: (delayMs, callback) => setTimeout(callback, delayMs),
    cancel: (timer) => clearTimeout(timer),
    entropy: () => E.CRC32(noise(given) + E.hwRand() + process.memory().usage),
  };
};
