import type { Boot } from "./frame.ts";

/** The agent's promise that it has stored every seq of `boot` below `next`. */
export interface Ack {
  /** 32 bits that name the agent's store; another store starts from nothing. */
  storeId: number;
  /** Rises within a boot; the device's next frames return it. */
  ackId: number;
  boot: Boot;
  /** First seq the agent has not stored. */
  next: number;
  /** How many numbered definitions of this boot the agent holds, without a hole, from the first. */
  definitions: number;
  /** The agent's clock as the ack left, epoch milliseconds. */
  epochMs: number;
  /** How long the device should wait before it sends again; 0 where the agent is at ease. */
  busyMs: number;
  /** What the device shall do besides. */
  command?: Command;
}

/** Kinds of commands by their number on the wire; new ones go last. */
export const commandKinds = ["level", "flush", "identify", "budget"] as const;

/** What an agent wants of a device. */
export interface Command {
  /** Rises for a device: what has come is not done again. */
  id: number;
  /** Number of its kind; one that the device does not know is answered all the same. */
  kind: number;
  /** How long it holds from its arrival; 0 for as long as the boot lasts. */
  remainingMs: number;
  /**
   * Of `level` the level's number + 1, of `budget` bytes of flash a day + 1; 0 for the program's own.
   * Of other kinds 0.
   */
  value: number;
  /** The tag whose level is meant, in printable ASCII; `""` for the device's. */
  tag: string;
}
