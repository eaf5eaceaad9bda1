import type { DeadLetter, Progress, Settlement, StoredFrame } from "../../spool/spool.ts";
import type { Batch } from "../batch/batch.ts";
import { framesByBoot } from "../batch/boot-entries.ts";
import { bootKeyOf, type PendingEntry } from "../batch/pending.ts";

/** The furthest entry of each boot, with the latest stamp. */
interface Reached {
  entry: PendingEntry;
  stampMs: number;
}

const reachedBy = (entries: PendingEntry[]): Map<string, Reached> => {
  const reached = new Map<string, Reached>();
  for (const entry of entries) {
    const known = reached.get(entry.bootKey);
    const stampMs = entry.stamp.epochMs;
    if (known === undefined) reached.set(entry.bootKey, { entry, stampMs });
    else if (known.entry.next <= entry.next) {
      known.entry = entry;
      known.stampMs = Math.max(known.stampMs, stampMs);
    }
  }
  return reached;
};

const progressOf = ({ entry: { device, boot, next, stamp }, stampMs }: Reached): Progress => {
  const { trueMs = stampMs } = stamp;
  return { device, boot, next, stampMs, ...(trueMs === stampMs ? {} : { trueMs }) };
};

/** What the spool may forget once every entry of a batch is accepted or kept as a dead letter. */
export const settlementOf = (batch: Batch, deadLetters: DeadLetter[]): Settlement => {
  const nextOf = new Map(batch.progress.map((done) => [bootKeyOf(done), done.next]));
  const reached = reachedBy(batch.entries);
  for (const [bootKey, { entry }] of reached) nextOf.set(bootKey, entry.next);
  const isDone = (frames: StoredFrame[], next: number): StoredFrame[] =>
    frames.filter(({ end }) => end <= next);
  const delivered = [...framesByBoot(batch.frames)].flatMap(([bootKey, frames]) =>
    isDone(frames, nextOf.get(bootKey) ?? 0),
  );
  return {
    lane: batch.lane,
    progress: [...reached.values()].map(progressOf),
    delivered: delivered.sort((left, right) => left.position - right.position),
    deadLetters,
  };
};
