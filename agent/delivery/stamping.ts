import type { Boot } from "../../shared/frame.ts";
import { clampStamp, type Stamp } from "../clock.ts";
import type { IntentRun, IntentStamp, Progress } from "../spool/spool.ts";
import { bootKeyOf, type UnstampedEntry } from "./pending.ts";
import { nearestIn, type StampRange } from "./stamp-window.ts";

/** An entry with the stamp it is sent with. */
export interface PendingEntry extends UnstampedEntry {
  stamp: IntentStamp;
}

/** Stamps an uptime of a device's boot, as well as is known now. */
export type StampUptime = (device: string, boot: Boot, uptimeMs: number) => Stamp;

/** The last moment that has a date: an uptime can be any number. */
const lastDateMs = 8_640_000_000_000_000;

/** What the stamps of a boot may not run behind: what is sent, and what is true. */
interface Before {
  sentMs: number;
  trueMs: number;
}

/**
 * Stamps what waits. Within a boot stamps never run backwards: where they would, the stamp is that
 * of the entry before and the bound grows by the difference. What has no uptime takes the stamp
 * before it. Outside `range`, unless that is null, the nearest stamp within it is sent and the true
 * one kept beside it.
 */
export const stampPending = (
  entries: UnstampedEntry[],
  progress: Progress[],
  stampUptime: StampUptime,
  range: StampRange | null,
): PendingEntry[] => {
  const befores = new Map(
    progress.map((done) => [
      bootKeyOf(done),
      { sentMs: done.stampMs, trueMs: done.trueMs ?? done.stampMs },
    ]),
  );
  return entries.map((entry) => {
    const before = befores.get(entry.bootKey) ?? { sentMs: 0, trueMs: 0 };
    const stamp = stampAfter(before, dated(rawStamp(entry, before, stampUptime)), range);
    befores.set(entry.bootKey, { sentMs: stamp.epochMs, trueMs: stamp.trueMs ?? stamp.epochMs });
    return { ...entry, stamp };
  });
};

const rawStamp = (
  { device, boot, uptimeMs }: UnstampedEntry,
  before: Before,
  stampUptime: StampUptime,
): Stamp => {
  if (uptimeMs !== null) return stampUptime(device, boot, uptimeMs);
  const epochMs = before.trueMs > 0 ? before.trueMs : stampUptime(device, boot, 0).epochMs;
  return { epochMs, errorMs: null, quality: "estimated" };
};

const dated = (stamp: Stamp): Stamp => ({
  ...stamp,
  epochMs: Math.min(Math.max(0, stamp.epochMs), lastDateMs),
});

const stampAfter = (before: Before, raw: Stamp, range: StampRange | null): IntentStamp => {
  const truth = clampStamp(before.trueMs, raw);
  const nearestMs = range === null ? truth.epochMs : nearestIn(range, truth.epochMs);
  const epochMs = Math.max(before.sentMs, nearestMs);
  return epochMs === truth.epochMs ? truth : { ...truth, epochMs, trueMs: truth.epochMs };
};

/** Entries with the stamps an intent gave them; those it does not name are left out. */
export const stampIntended = (entries: UnstampedEntry[], runs: IntentRun[]): PendingEntry[] => {
  const runOf = new Map(runs.map((run) => [bootKeyOf(run), run]));
  const usedOf = new Map<string, number>();
  return entries.flatMap((entry) => {
    const run = runOf.get(entry.bootKey);
    const used = usedOf.get(entry.bootKey) ?? 0;
    const stamp = run === undefined || entry.seq < run.from ? undefined : run.stamps[used];
    if (stamp === undefined) return [];
    usedOf.set(entry.bootKey, used + 1);
    return [{ ...entry, stamp }];
  });
};
