import type { DeadLetter } from "../spool/spool.ts";
import type { Batch, OutgoingEvent } from "./batch.ts";
import type { PendingEntry } from "./pending.ts";

/** Dead letters of entries whose bytes could not be read. */
export const unreadableLetters = (entries: PendingEntry[], epochMs: number): DeadLetter[] =>
  entries.flatMap(({ device, frame, unreadable }) => {
    if (unreadable === null) return [];
    const content = { base64: Buffer.from(frame.bytes).toString("base64") };
    return [{ device, reason: unreadable, epochMs, content }];
  });

/** The dead letter of events that CloudWatch will never accept as they are. */
export const refusedLetter = (
  batch: Batch,
  events: OutgoingEvent[],
  reason: string,
  epochMs: number,
): DeadLetter => ({
  device: batch.entries[events[0]?.entry ?? 0]?.device ?? "",
  reason,
  epochMs,
  content: events.map(({ timestamp, message }) => ({ timestamp, message })),
});
