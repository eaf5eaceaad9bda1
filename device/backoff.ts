/** Waiting times after failures that follow one another. */
export interface Backoff {
  /** Ceiling of the next wait; `firstWaitMs` forgets the failures. */
  ceilingMs: number;
  /** Makes the waits of one device differ from its neighbour's: 0 to 2^32 - 1. */
  seed: number;
}

/** Ceiling of the first wait; it doubles with each failure. */
export const firstWaitMs = 1_000;

/** Ceiling of all waits. */
const waitLimitMs = 300_000;

/** Full jitter: evenly anywhere below a ceiling that doubles, so that a fleet never returns in step. */
export const nextWaitMs = (backoff: Backoff): number => {
  // Numerical Recipes' generator: every product stays below 2^53, where doubles are exact.
  backoff.seed = (backoff.seed * 1664525 + 1013904223) % 4294967296;
  const waitMs = Math.floor((backoff.seed / 4294967296) * backoff.ceilingMs);
  backoff.ceilingMs = Math.min(waitLimitMs, backoff.ceilingMs * 2);
  return waitMs;
};
