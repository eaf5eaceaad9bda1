/** Waiting times after failures that follow one another. */
export interface Backoff {
  /** How long to wait before the next attempt, milliseconds. */
  nextMs(): number;
  /** Forgets the failures: an attempt succeeded. */
  reset(): void;
}

export interface BackoffOptions {
  /** Ceiling of the first wait; it doubles with each failure. */
  firstMs: number;
  /** Ceiling of all waits. */
  limitMs: number;
  /** Makes the waits of one device differ from its neighbour's: 0 to 2^32 - 1. */
  seed: number;
}

/** Full jitter: evenly anywhere below a ceiling that doubles, so that a fleet never returns in step. */
export const createBackoff = (options: BackoffOptions): Backoff => {
  let ceilingMs = options.firstMs;
  let state = options.seed;

  // Numerical Recipes' generator: every product stays below 2^53, where doubles are exact.
  const random = (): number => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return state / 4294967296;
  };
  return {
    nextMs() {
      const delayMs = Math.floor(random() * ceilingMs);
      ceilingMs = Math.min(options.limitMs, ceilingMs * 2);
      return delayMs;
    },
    reset() {
      ceilingMs = options.firstMs;
    },
  };
};
