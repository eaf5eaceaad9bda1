import { clampStamp, type Stamp } from "../../clock.ts";
import type { IntentStamp, Progress } from "../../spool/intent.ts";
import { nearestIn, type StampRange } from "./stamp-window.ts";

/** Stamps an uptime of one boot, as well as is known now. */
export type ReadClock = (uptimeMs: number) => Stamp;

/**
 * Stamps the entries of one boot, asked for in the order of seq: null for one that is not to be
 * sent. The uptime is null where nobody knows it.
 */
export type NextStamp = (seq: number, uptimeMs: number | null) => IntentStamp | null;

/** The last moment that has a date: an uptime can be any number. */
const lastDateMs = 8_640_000_000_000_000;

export interface StamperOptions {
  readClock: ReadClock;
  /** How far the boot is delivered, if anything of it is. */
  done: Progress | undefined;
  range: StampRange | null;
}

/**
 * Stamps what waits of one boot. The stamps never run backwards: where they would, the stamp is that
 * of the entry before and the bound grows by the difference. What has no uptime takes the stamp
 * before it. Outside `range`, unless that is null, the nearest stamp within it is sent and the true
 * one kept beside it.
 */
export const createStamper = ({ readClock, done, range }: StamperOptions): NextStamp => {
  let sentMs = done?.stampMs ?? 0;
  let trueMs = done?.trueMs ?? sentMs;

  const rawStamp = (uptimeMs: number | null): Stamp => {
    if (uptimeMs !== null) return readClock(uptimeMs);
    const epochMs = trueMs > 0 ? trueMs : readClock(0).epochMs;
    return { epochMs, errorMs: null, quality: "estimated" };
  };
  return (_, uptimeMs) => {
    const truth = clampStamp(trueMs, dated(rawStamp(uptimeMs)));
    const nearestMs = range === null ? truth.epochMs : nearestIn(range, truth.epochMs);
    const epochMs = Math.max(sentMs, nearestMs);
    sentMs = epochMs;
    trueMs = truth.epochMs;
    return epochMs === truth.epochMs ? truth : { ...truth, epochMs, trueMs };
  };
};

const dated = (stamp: Stamp): Stamp =>
  stamp.epochMs >= 0 && stamp.epochMs <= lastDateMs
    ? stamp
    : { ...stamp, epochMs: Math.min(Math.max(0, stamp.epochMs), lastDateMs) };

/** The stamps an intent gave to a boot, from seq `from` on; entries it does not name get none. */
export const intendedStamps = (from: number, stamps: readonly IntentStamp[]): NextStamp => {
  let used = 0;
  return (seq) => (seq < from ? null : (stamps[used++] ?? null));
};
