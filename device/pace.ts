import type { HeldFrame } from "./held-frame.ts";

/** When to send: after acks, after their absence, and after the agent has asked for a pause. */
export interface Pace {
  /** The agent asks for nothing before `busyMs` have passed. */
  hold(uptimeMs: number, busyMs: number): void;
  isHeld(uptimeMs: number): boolean;
  /** The oldest frame without an ack was sent. */
  started(uptimeMs: number): void;
  /** An ack has retired frames, `first` the oldest of them. */
  progressed(uptimeMs: number, first: HeldFrame): void;
  /** Whether an ack that retires nothing tells that `first` was lost on its way. */
  isLost(uptimeMs: number, first: HeldFrame): boolean;
  /** Whether the ack has been out for too long. */
  isOverdue(uptimeMs: number): boolean;
  /** Nothing came: the next wait is longer. */
  slowDown(): void;
  /** A new connection. */
  reset(): void;
  /** How long until something is to be done; null for nothing. */
  waitMs(uptimeMs: number, hasInFlight: boolean): number | null;
}

/** How long an ack may take before its frame is sent again, the first time and at most. */
const resendAfterMs = 4_000;
const resendLimitMs = 64_000;

/** The longest pause an ack can ask for: a damaged one must not silence a device. */
const holdLimitMs = 300_000;

/** Round trip that is assumed until one was measured, and the least and most that is believed. */
const firstRoundTripMs = 1_000;
const roundTripFloorMs = 100;
const roundTripLimitMs = 10_000;

export const createPace = (): Pace => {
  let heldUntilMs = 0;
  let startedAtMs = 0;
  let patienceMs = resendAfterMs;
  let roundTripMs = firstRoundTripMs;

  return {
    hold(uptimeMs, busyMs) {
      heldUntilMs = busyMs > 0 ? uptimeMs + Math.min(busyMs, holdLimitMs) : 0;
    },
    isHeld: (uptimeMs) => uptimeMs < heldUntilMs,
    started(uptimeMs) {
      startedAtMs = uptimeMs;
    },
    progressed(uptimeMs, first) {
      startedAtMs = uptimeMs;
      patienceMs = resendAfterMs;
      // Karn: the ack of a frame that was sent twice may belong to either sending.
      if (first.sends > 1) return;
      const measuredMs = uptimeMs - first.sentAtMs;
      roundTripMs = Math.max(roundTripFloorMs, Math.min(roundTripLimitMs, measuredMs));
    },
    isLost: (uptimeMs, first) => uptimeMs - first.sentAtMs >= roundTripMs,
    isOverdue: (uptimeMs) => uptimeMs - startedAtMs >= patienceMs,
    slowDown() {
      patienceMs = Math.min(resendLimitMs, patienceMs * 2);
    },
    reset() {
      patienceMs = resendAfterMs;
    },
    waitMs(uptimeMs, hasInFlight) {
      if (uptimeMs < heldUntilMs) return heldUntilMs - uptimeMs;
      return hasInFlight ? Math.max(0, startedAtMs + patienceMs - uptimeMs) : null;
    },
  };
};
