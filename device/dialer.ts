import { createBackoff } from "./backoff.ts";
import { callWithin, cancelDeadline, createDeadline } from "./deadline.ts";
import type { Platform } from "./platform.ts";

/** Connects again and again until it holds, for clients that do not do so themselves. */
export interface Dialer {
  /** The connection is wanted, or was lost: the next attempt comes after a wait. */
  dialSoon(): void;
  /** A connection stands, though nobody may be behind it, or none is wanted any more. */
  rest(): void;
  /** The other end has answered: the failures are over. */
  answered(): void;
}

export interface DialerOptions {
  platform: Platform;
  /** Makes this device's waits differ from its neighbour's: 0 to 2^32 - 1. */
  seed: number;
  /** Begins an attempt to connect. */
  dial: () => void;
}

const firstWaitMs = 1_000;
const waitLimitMs = 300_000;

/** How long an attempt may take: Espruino's module gives up after 10 s, but not in all cases. */
const attemptMs = 15_000;

export const createDialer = (options: DialerOptions): Dialer => {
  const backoff = createBackoff({ firstMs: firstWaitMs, limitMs: waitLimitMs, seed: options.seed });
  const wait = createDeadline(options.platform, () => {
    callWithin(attempt, attemptMs);
    options.dial();
  });
  const rest = (): void => {
    cancelDeadline(wait);
    cancelDeadline(attempt);
  };
  const dialSoon = (): void => {
    rest();
    callWithin(wait, backoff.nextMs());
  };
  const attempt = createDeadline(options.platform, dialSoon);
  return { dialSoon, rest, answered: backoff.reset };
};
