import type { DeadLetter, Progress, Settlement } from "../spool/spool.ts";
import type { Batch } from "./batch.ts";
import { bootKeyOf } from "./pending.ts";

/** What the spool may forget once every entry of a batch is accepted or kept as a dead letter. */
export const settlementOf = (batch: Batch, deadLetters: DeadLetter[]): Settlement => {
  const nextOf = new Map(batch.progress.map((done) => [bootKeyOf(done), done.next]));
  const progress = new Map<string, Progress>();
  for (const { device, boot, bootKey, next, stamp } of batch.entries) {
    const known = progress.get(bootKey);
    if (known !== undefined && known.next > next) continue;
    const stampMs = Math.max(stamp.epochMs, known?.stampMs ?? 0);
    const { trueMs = stampMs } = stamp;
    progress.set(bootKey, {
      device,
      boot,
      next,
      stampMs,
      ...(trueMs === stampMs ? {} : { trueMs }),
    });
    nextOf.set(bootKey, next);
  }
  return {
    lane: batch.lane,
    progress: [...progress.values()],
    delivered: batch.frames.filter((frame) => frame.end <= (nextOf.get(bootKeyOf(frame)) ?? 0)),
    deadLetters,
  };
};
