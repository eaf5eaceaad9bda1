/** A change of the mapping below this is arithmetic, not a step of the wall clock. */
const offsetGrainMs = 0.01;

/** The agent's wall clock as it was when a boot was last heard of. */
export interface WallAxis {
  /** Follows the wall clock; by how much that was set since the last call. */
  follow(monotonicMs: number): number;
  /** Epoch ms of a moment, as of the last call of `follow`. */
  epochMs(monotonicMs: number): number;
  /** What the wall clock is ahead of the monotonic one, as of then; undefined before the first call. */
  offsetMs(): number | undefined;
}

/** Between processes the mapping is known to this: each has an offset of its own for a clock that NTP corrects. */
const savedGrainMs = 50;

/** `savedOffsetMs`: as of a process before this one, on the same monotonic clock. */
export const createWallAxis = (
  toEpochMs: (monotonicMs: number) => number,
  savedOffsetMs?: number,
): WallAxis => {
  let offsetMs = savedOffsetMs;
  let grainMs = savedOffsetMs === undefined ? offsetGrainMs : savedGrainMs;
  return {
    offsetMs: () => offsetMs,
    follow: (monotonicMs) => {
      const nowOffsetMs = toEpochMs(monotonicMs) - monotonicMs;
      const stepMs = nowOffsetMs - (offsetMs ?? nowOffsetMs);
      const isStep = Math.abs(stepMs) >= grainMs;
      if (offsetMs === undefined || isStep || grainMs === savedGrainMs) offsetMs = nowOffsetMs;
      grainMs = offsetGrainMs;
      return isStep ? stepMs : 0;
    },
    epochMs: (monotonicMs) =>
      offsetMs === undefined ? toEpochMs(monotonicMs) : monotonicMs + offsetMs,
  };
};
