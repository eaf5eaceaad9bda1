import { frameLimitBytes } from "../../shared/limits.ts";
import type { Metrics } from "../metrics.ts";
import type { Spool } from "../spool/spool.ts";
import type { Time } from "../time.ts";

/** Keeps a payload of the device for people to look at, and why. */
export type Bury = (device: string, payload: Uint8Array, reason: string) => Promise<void>;

export interface BuryOptions {
  spool: Pick<Spool, "bury" | "evict" | "usage">;
  onTrouble(message: string): void;
  metrics: Metrics;
  time: Time;
}

/** Payloads on their way to the disk; more than that are counted only, as all are where the disk is low. */
const buriesLimit = 16;

/** Of a payload that exceeds a frame no more than the bytes of one are kept. */
export const createBury = ({ metrics, onTrouble, spool, time }: BuryOptions): Bury => {
  let burying = 0;
  return async (device, payload, reason) => {
    metrics.deadLetters++;
    if (burying >= buriesLimit || spool.usage().disk?.isLow) {
      await spool.evict(device, reason);
      return;
    }
    onTrouble(`Cannot take a frame of device "${device}": ${reason}; it is kept as a dead letter`);
    const base64 = Buffer.from(payload.subarray(0, frameLimitBytes)).toString("base64");
    burying++;
    await spool.bury({ device, reason, epochMs: time.epochMs(), content: { base64 } });
    burying--;
  };
};
