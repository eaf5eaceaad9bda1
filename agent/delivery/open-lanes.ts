import type { Time } from "../time.ts";
import type { Next } from "./schedule.ts";

/** Where a lane with an open intent stands between two steps. */
interface OpenLane {
  /** When the outcome of its call became unknown, monotonic; null where it surely was not applied. */
  unknownSinceMs: number | null;
  /** Steps that failed in a row. */
  failures: number;
}

/** Lanes whose batch was begun and not settled. */
export interface OpenLanes {
  isOpen(lane: string): boolean;
  /** A batch of the lane has its intent stored, and its outcome is clear. */
  open(lane: string): void;
  close(lane: string): void;
  /** How long the outcome of the lane's call has been unknown, null where it is clear. */
  unknownForMs(lane: string): number | null;
  becomeUnknown(lane: string): void;
  /** A pause before the next try: full jitter, doubling from `baseMs` with each failure to 20 s. */
  pause(lane: string, baseMs: number): Next;
}

const longestPauseMs = 20_000;
const doublingsLimit = 10;

/** Lanes with an intent of an earlier run, `intended`, have an unknown outcome. */
export const createOpenLanes = (
  intended: readonly string[],
  time: Time,
  random: () => number,
): OpenLanes => {
  const lanes = new Map<string, OpenLane>();
  for (const lane of intended) lanes.set(lane, { unknownSinceMs: time.monotonicMs(), failures: 0 });

  const failuresOf = (lane: string): number => lanes.get(lane)?.failures ?? 0;
  return {
    isOpen: (lane) => lanes.has(lane),
    open(lane) {
      lanes.set(lane, { unknownSinceMs: null, failures: failuresOf(lane) });
    },
    close(lane) {
      lanes.delete(lane);
    },
    unknownForMs(lane) {
      const sinceMs = lanes.get(lane)?.unknownSinceMs ?? null;
      return sinceMs === null ? null : time.monotonicMs() - sinceMs;
    },
    becomeUnknown(lane) {
      lanes.set(lane, { unknownSinceMs: time.monotonicMs(), failures: failuresOf(lane) });
    },
    pause(lane, baseMs) {
      const failures = failuresOf(lane);
      const ceilingMs = Math.min(longestPauseMs, baseMs * 2 ** Math.min(failures, doublingsLimit));
      const unknownSinceMs = lanes.get(lane)?.unknownSinceMs ?? null;
      lanes.set(lane, { unknownSinceMs, failures: failures + 1 });
      return { kind: "pause", pauseMs: 1 + random() * ceilingMs };
    },
  };
};
