/** Times in ms, counted: memory does not grow with them. */
export interface Latencies {
  add(ms: number): void;
  /** The least that `share` of them do not exceed; null where there are none. */
  percentile(share: number): number | null;
  clear(): void;
}

/** Longer ones count as this. */
const mostMs = 120_000;

export const createLatencies = (): Latencies => {
  const counts = new Float64Array(mostMs + 1);
  let total = 0;
  return {
    add(ms) {
      const at = Math.min(mostMs, Math.max(0, Math.round(ms)));
      counts[at] = (counts[at] as number) + 1;
      total++;
    },
    percentile(share) {
      if (total === 0) return null;
      let seen = 0;
      const ms = counts.findIndex((count) => {
        seen += count;
        return seen >= total * share;
      });
      return ms;
    },
    clear() {
      counts.fill(0);
      total = 0;
    },
  };
};
