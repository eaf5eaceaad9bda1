import { retentionDays, tooNewAfterMs, tooOldAfterMs } from "../../cloudwatch/limits.ts";

/** Stamps that CloudWatch takes at this moment, in epoch ms by its own clock. */
export interface StampRange {
  leastMs: number;
  mostMs: number;
  nowMs: number;
}

/** Which stamps the groups take: the service's limits, and what was learnt of a group's retention. */
export interface StampWindow {
  range(group: string): StampRange;
  /** The group refused an event of this stamp as expired: it keeps its events less long than that. */
  learnExpired(group: string, stampMs: number): void;
}

const dayMs = 86_400_000;

/** Keeps a stamp clear of the limits while its call is under way. */
const marginMs = 30_000;

/** A group's retention may be changed, so what was learnt is believed for this long. */
const believedMs = 3_600_000;

/** Days of the longest retention under which an event of this age has expired. */
const retentionBelow = (ageMs: number): number =>
  retentionDays.findLast((days) => days * dayMs <= ageMs + marginMs) ?? 1;

/** `nowMs`: the service's clock, as well as is known. */
export const createStampWindow = (nowMs: () => number): StampWindow => {
  const learnt = new Map<string, { days: number; sinceMs: number }>();
  return {
    range(group) {
      const now = nowMs();
      const known = learnt.get(group);
      const isBelieved = known !== undefined && now - known.sinceMs < believedMs;
      const keptMs = isBelieved ? Math.min(known.days * dayMs, tooOldAfterMs) : tooOldAfterMs;
      return {
        leastMs: now - keptMs + marginMs,
        mostMs: now + tooNewAfterMs - marginMs,
        nowMs: now,
      };
    },
    learnExpired(group, stampMs) {
      const now = nowMs();
      learnt.set(group, { days: retentionBelow(now - stampMs), sinceMs: now });
    },
  };
};

/** The stamp nearest to this one that is taken; for one in the future that is now. */
export const nearestIn = (range: StampRange, epochMs: number): number => {
  if (epochMs > range.mostMs) return Math.floor(range.nowMs);
  return Math.max(epochMs, Math.ceil(range.leastMs));
};
