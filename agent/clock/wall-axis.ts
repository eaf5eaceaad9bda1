/** A change of the mapping below this is arithmetic, not a step of the wall clock. */
const offsetGrainMs = 0.01;

/** The agent's wall clock as it was when a boot was last heard of. */
export interface WallAxis {
  /** Follows the wall clock; by how much that was set since the last call. */
  follow(monotonicMs: number): number;
  /** Epoch ms of a moment, as of the last call of `follow`. */
  epochMs(monotonicMs: number): number;
}

export const createWallAxis = (toEpochMs: (monotonicMs: number) => number): WallAxis => {
  let offsetMs: number | undefined;
  return {
    follow: (monotonicMs) => {
      const nowOffsetMs = toEpochMs(monotonicMs) - monotonicMs;
      const stepMs = nowOffsetMs - (offsetMs ?? nowOffsetMs);
      if (offsetMs !== undefined && Math.abs(stepMs) < offsetGrainMs) return 0;
      offsetMs = nowOffsetMs;
      return stepMs;
    },
    epochMs: (monotonicMs) =>
      offsetMs === undefined ? toEpochMs(monotonicMs) : monotonicMs + offsetMs,
  };
};
