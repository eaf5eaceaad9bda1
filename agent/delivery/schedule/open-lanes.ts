import type { Time } from "../../time.ts";
import type { Next } from "./schedule.ts";

/** Where a lane with an open intent stands between two steps. */
interface OpenLane {
  /** When the outcome of its call became unknown, monotonic; null where it surely was not applied. */
  unknownSinceMs: number | null;
  /** It has a turn to read back. */
  hasLook: boolean;
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
  /** Uses the lane's turn to read back; where it has none it gets one, and false is given. */
  takeLook(lane: string): boolean;
  /**
   * A pause before the next try: full jitter, doubling from `baseMs` with each failure to 20 s, and
   * not less than `leastMs`.
   */
  pause(lane: string, baseMs: number, leastMs?: number): Next;
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

  const change = (lane: string, changes: Partial<OpenLane>): OpenLane => {
    const known = lanes.get(lane) ?? { unknownSinceMs: null, hasLook: false, failures: 0 };
    const changed = { ...known, ...changes };
    lanes.set(lane, changed);
    return changed;
  };
  const becomeUnknown = (lane: string): void => {
    change(lane, { unknownSinceMs: time.monotonicMs(), hasLook: false });
  };
  intended.forEach(becomeUnknown);
  return {
    isOpen: (lane) => lanes.has(lane),
    open(lane) {
      change(lane, { unknownSinceMs: null });
    },
    close(lane) {
      lanes.delete(lane);
    },
    unknownForMs(lane) {
      const sinceMs = lanes.get(lane)?.unknownSinceMs ?? null;
      return sinceMs === null ? null : time.monotonicMs() - sinceMs;
    },
    becomeUnknown,
    takeLook(lane) {
      const hadLook = lanes.get(lane)?.hasLook ?? false;
      change(lane, { hasLook: !hadLook });
      return hadLook;
    },
    pause(lane, baseMs, leastMs = 0) {
      const failures = lanes.get(lane)?.failures ?? 0;
      change(lane, { failures: failures + 1 });
      const ceilingMs = Math.min(longestPauseMs, baseMs * 2 ** Math.min(failures, doublingsLimit));
      return { kind: "pause", pauseMs: Math.max(leastMs, 1 + random() * ceilingMs) };
    },
  };
};
