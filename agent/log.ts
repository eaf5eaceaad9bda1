import { type Logger, pino } from "pino";
import type { Time } from "./time.ts";

/** The agent's own log: JSON lines on standard output. */
export const createLog = (): Logger => pino({ name: "fleetlog", base: null });

/** Different messages passed on in one pause, and messages remembered. */
const messagesLimit = 100;

/**
 * Passes a message on at most once in `pauseMs`, and at most 100 different ones, so that devices
 * cannot fill the disk with log. Says how many were held back since the last one passed on.
 */
export const createTroubleFilter = (
  write: (message: string, heldBack: number) => void,
  time: Time,
  pauseMs = 10_000,
): ((message: string) => void) => {
  /** When each was passed on, oldest first. */
  const passedMs = new Map<string, number>();
  let heldBack = 0;

  const forgetBefore = (limitMs: number): void => {
    for (const [message, atMs] of passedMs) {
      if (atMs > limitMs) return;
      passedMs.delete(message);
    }
  };
  return (message) => {
    const nowMs = time.monotonicMs();
    forgetBefore(nowMs - pauseMs);
    if (passedMs.has(message) || passedMs.size >= messagesLimit) {
      heldBack++;
      return;
    }
    passedMs.set(message, nowMs);
    write(message, heldBack);
    heldBack = 0;
  };
};
