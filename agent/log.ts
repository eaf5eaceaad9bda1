import { type Logger, pino } from "pino";
import type { Time } from "./time.ts";

/** The agent's own log: JSON lines on standard output. */
export const createLog = (): Logger => pino({ name: "fleetlog", base: null });

/** Passes a message on at most once in `pauseMs`, with how often it was held back before. */
export const createTroubleFilter = (
  write: (message: string, heldBack: number) => void,
  time: Time,
  pauseMs = 10_000,
): ((message: string) => void) => {
  const seen = new Map<string, { sinceMs: number; heldBack: number }>();
  return (message) => {
    const nowMs = time.monotonicMs();
    const known = seen.get(message);
    if (known !== undefined && nowMs - known.sinceMs < pauseMs) {
      known.heldBack++;
      return;
    }
    seen.delete(message);
    seen.set(message, { sinceMs: nowMs, heldBack: 0 });
    const [oldest] = seen.keys();
    if (seen.size > messagesLimit && oldest !== undefined) seen.delete(oldest);
    write(message, known?.heldBack ?? 0);
  };
};

/** Messages remembered; the oldest give way. */
const messagesLimit = 1_000;
