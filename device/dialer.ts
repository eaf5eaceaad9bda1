import { createBackoff } from "./backoff.ts";
import { createDeadline } from "./deadline.ts";
import type { Platform } from "./platform.ts";

/** Connects again and again until it holds, for clients that do not do so themselves. */
export interface Dialer {
  /** The connection is wanted, or was lost: the next attempt comes after a wait. */
  dialSoon(): void;
  /** A connection stands, though nobody may be behind it. */
  connected(): void;
  /** The other end has answered: the failures are over. */
  answered(): void;
  stop(): void;
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
  let isStopped = false;

  const attempt = (): void => {
    deadline.within(attemptMs + backoff.nextMs());
    options.dial();
  };
  const deadline = createDeadline(options.platform, attempt);
  return {
    dialSoon() {
      deadline.cancel();
      if (!isStopped) deadline.within(backoff.nextMs());
    },
    connected: () => deadline.cancel(),
    answered: () => backoff.reset(),
    stop() {
      isStopped = true;
      deadline.cancel();
    },
  };
};
