import { windowFrames } from "../../shared/limits.ts";
import type { Metrics } from "../metrics.ts";

/** Frames of a device without an ack that are taken: four times what its window allows. */
export const unackedLimitFrames: number = 4 * windowFrames;

/** Frames beyond its limit that a device may send in `limitedMs` before it is limited. */
export const overrunLimitFrames = 64;

/** How long a device is not heard that was told to wait and went on all the same. */
export const limitedMs = 10_000;

/** Devices whose overrun is counted at a time; of more the oldest gets a new count. */
const overrunsLimit = 10_000;

/** What becomes of a frame: stored, answered with `busy`, or given up without any work. */
export type Admission = "take" | "busy" | "drop";

/** How many frames each device has on their way to an ack. */
export interface Overrun {
  /** Each frame that is taken or answered must be settled. */
  admit(device: string, nowMs: number): Admission;
  /** A frame that was taken has its ack, or never gets one. */
  settle(device: string): void;
  /** A `busy` was sent. */
  settleBusy(device: string): void;
}

export interface OverrunOptions {
  metrics: Pick<Metrics, "framesOverrun" | "framesLimited" | "devicesLimited">;
  onTrouble(message: string): void;
  /** The device should not be heard for a while. */
  onLimited?(device: string, forMs: number): void;
}

interface Excess {
  sinceMs: number;
  frames: number;
  /** A `busy` is on its way: one at a time is enough. */
  isAnswered: boolean;
  untilMs: number;
}

/**
 * A device that keeps to its window never meets this. One that does not is told `busy`, and where it
 * goes on all the same it is not heard for 10 s. What is not stored it still holds.
 */
export const createOverrun = ({ metrics, onTrouble, onLimited }: OverrunOptions): Overrun => {
  const unacked = new Map<string, number>();
  const excesses = new Map<string, Excess>();

  const excessOf = (device: string, nowMs: number): Excess => {
    const known = excesses.get(device);
    if (known !== undefined && nowMs - known.sinceMs < limitedMs) return known;
    const isAnswered = known?.isAnswered === true;
    const begun = { sinceMs: nowMs, frames: 0, isAnswered, untilMs: nowMs };
    excesses.delete(device);
    excesses.set(device, begun);
    const oldest = excesses.keys().next();
    if (excesses.size > overrunsLimit && !oldest.done) excesses.delete(oldest.value);
    return begun;
  };
  const limit = (device: string, excess: Excess, nowMs: number): void => {
    excess.untilMs = nowMs + limitedMs;
    excess.sinceMs = nowMs;
    excess.frames = 0;
    metrics.devicesLimited++;
    onTrouble(
      `Device "${device}" goes on sending although ${unackedLimitFrames} of its frames wait for an ack: it is not heard for ${limitedMs / 1_000} s`,
    );
    onLimited?.(device, limitedMs);
  };
  const refuse = (device: string, nowMs: number): Admission => {
    metrics.framesOverrun++;
    const excess = excessOf(device, nowMs);
    if (++excess.frames > overrunLimitFrames) limit(device, excess, nowMs);
    if (excess.isAnswered) return "drop";
    excess.isAnswered = true;
    return "busy";
  };
  return {
    admit(device, nowMs) {
      if (nowMs < (excesses.get(device)?.untilMs ?? nowMs)) {
        metrics.framesLimited++;
        return "drop";
      }
      const frames = unacked.get(device) ?? 0;
      if (frames >= unackedLimitFrames) return refuse(device, nowMs);
      unacked.set(device, frames + 1);
      return "take";
    },
    settle(device) {
      const frames = (unacked.get(device) ?? 1) - 1;
      if (frames > 0) unacked.set(device, frames);
      else unacked.delete(device);
    },
    settleBusy(device) {
      const excess = excesses.get(device);
      if (excess !== undefined) excess.isAnswered = false;
    },
  };
};
