import type { Logger } from "../index.ts";

/** What a program needs of its logger. */
export type ProgramLog = Pick<Logger, "debug" | "info" | "warn" | "error" | "fatal"> & {
  tag(name: string): Pick<Logger, "debug" | "info" | "warn" | "error" | "fatal">;
};

/** The time and chance a program lives by. */
export interface ProgramClock {
  /** Calls `callback` once after `delayMs`, unless the program was stopped by then. */
  after(delayMs: number, callback: () => void): void;
  /** Evenly from 0 up to, not including, 1. */
  random(): number;
}

/** A device's program: begins to work, and to log what it does. */
export type Program = (log: ProgramLog, clock: ProgramClock) => void;

/** Runs `step` again and again, with pauses of `leastMs` to `mostMs`. */
export const repeat = (
  clock: ProgramClock,
  pause: { leastMs: number; mostMs: number },
  step: () => void,
): void => {
  const delayMs = pause.leastMs + clock.random() * (pause.mostMs - pause.leastMs);
  clock.after(Math.round(delayMs), () => {
    step();
    repeat(clock, pause, step);
  });
};

/** `value` with at most `digits` decimals, as an instrument would give it. */
export const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));
