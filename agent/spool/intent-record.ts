import type { StampQuality } from "../clock.ts";
import { decodeJson, encodeJson } from "./record.ts";
import type { Intent, IntentRun, IntentStamp } from "./spool.ts";

/**
 * The stamps of a run, which differ little from one to the next: as objects they were 55 bytes each,
 * most of what delivery wrote to the disk.
 */
interface PackedRun extends Omit<IntentRun, "stamps"> {
  /** `epochMs`: the first, then the differences. */
  at: number[];
  /** `errorMs`: the first, then the differences to the last that is not null. */
  error: (number | null)[];
  /** Each with the number of stamps that have it. */
  quality: [StampQuality, number][];
  /** What else a stamp has, by its place. */
  other: [number, Pick<IntentStamp, "trueMs" | "accepted" | "refused">][];
}

interface PackedIntent extends Omit<Intent, "runs"> {
  runs: PackedRun[];
}

const packRun = ({ stamps, ...run }: IntentRun): PackedRun => {
  const packed: PackedRun = { ...run, at: [], error: [], quality: [], other: [] };
  let beforeMs = 0;
  let errorBeforeMs = 0;
  let last: [StampQuality, number] | undefined;
  for (const [place, stamp] of stamps.entries()) {
    const { epochMs, errorMs, quality, trueMs, accepted, refused } = stamp;
    packed.at.push(epochMs - beforeMs);
    beforeMs = epochMs;
    packed.error.push(errorMs === null ? null : errorMs - errorBeforeMs);
    errorBeforeMs = errorMs ?? errorBeforeMs;
    if (last?.[0] === quality) last[1]++;
    else {
      last = [quality, 1];
      packed.quality.push(last);
    }
    if (trueMs === undefined && accepted === undefined && refused === undefined) continue;
    packed.other.push([place, otherOf(stamp)]);
  }
  return packed;
};

const otherOf = (stamp: IntentStamp): PackedRun["other"][0][1] => {
  const { epochMs: _epochMs, errorMs: _errorMs, quality: _quality, ...other } = stamp;
  return other;
};

const unpackRun = ({ at, error, quality, other, ...run }: PackedRun): IntentRun => {
  const qualities = quality.flatMap(([each, count]) => Array<StampQuality>(count).fill(each));
  let epochMs = 0;
  let lastErrorMs = 0;
  const stamps = at.map((stepMs, place): IntentStamp => {
    epochMs += stepMs;
    const errorStepMs = error[place] ?? null;
    lastErrorMs += errorStepMs ?? 0;
    const errorMs = errorStepMs === null ? null : lastErrorMs;
    return { epochMs, errorMs, quality: qualities[place] as StampQuality };
  });
  for (const [place, more] of other) Object.assign(stamps[place] as IntentStamp, more);
  return { ...run, stamps };
};

export const encodeIntent = (intent: Intent): Uint8Array =>
  encodeJson({ ...intent, runs: intent.runs.map(packRun) } satisfies PackedIntent);

export const decodeIntent = (record: Uint8Array): Intent => {
  const intent = decodeJson<PackedIntent>(record);
  return { ...intent, runs: intent.runs.map(unpackRun) };
};
