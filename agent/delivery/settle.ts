import type { DeadLetter, Progress, Settlement, StoredFrame } from "../spool/spool.ts";
import type { Batch } from "./batch.ts";
import { keyOf } from "./pending.ts";

/** What the spool may forget once every entry of a batch is accepted or kept as a dead letter. */
export const settlementOf = (batch: Batch, deadLetters: DeadLetter[]): Settlement => {
  const progress = new Map<string, Progress>();
  const delivered = new Set<StoredFrame>();
  for (const { device, boot, next, stamp, frame } of batch.entries) {
    const key = keyOf({ device, boot });
    const stampMs = Math.max(stamp.epochMs, progress.get(key)?.stampMs ?? 0);
    progress.set(key, { device, boot, next, stampMs });
    if (next === frame.end) delivered.add(frame);
  }
  return {
    lane: batch.lane,
    progress: [...progress.values()],
    delivered: [...delivered].sort((left, right) => left.position - right.position),
    deadLetters,
  };
};
