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
}
