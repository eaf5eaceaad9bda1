export interface BackoffOptions {
  /** Ceiling of the first wait; it doubles with each failure, up to 30 s. */
  firstWaitMs: number;
  /** In [0, 1). */
  random(): number;
}

/** How long to wait before the broker is tried again. */
export interface Backoff {
  /** The next wait: between half of a ceiling and the whole, since a broker may count attempts. */
  nextMs(): number;
  /** Forgets the failures. */
  forget(): void;
}

/** An agent is one client and what it collects waits on devices: no reason to stay away for long. */
const waitLimitMs = 30_000;

export const createBackoff = ({ firstWaitMs, random }: BackoffOptions): Backoff => {
  let ceilingMs = firstWaitMs;
  return {
    nextMs() {
      const waitMs = (ceilingMs / 2) * (1 + random());
      ceilingMs = Math.min(Math.max(waitLimitMs, firstWaitMs), ceilingMs * 2);
      return waitMs;
    },
    forget() {
      ceilingMs = firstWaitMs;
    },
  };
};
