import type { RejectedEvents } from "../cloudwatch/faults.ts";
import { tooOldAfterMs } from "../cloudwatch/limits.ts";
import type { IntentStamp } from "../spool/spool.ts";
import type { Batch, OutgoingEvent } from "./batch.ts";

/** Why CloudWatch refused an event of a batch it accepted. */
type Refusal = "tooOld" | "expired" | "tooNew";

/** The refusal of the event at `index`, null where it was accepted. */
const refusalOf = (rejected: RejectedEvents, index: number): Refusal | null => {
  if (index < (rejected.tooOldLogEventEndIndex ?? 0)) return "tooOld";
  if (index < (rejected.expiredLogEventEndIndex ?? 0)) return "expired";
  return index >= (rejected.tooNewLogEventStartIndex ?? Number.POSITIVE_INFINITY) ? "tooNew" : null;
};

/** Keeps a stamp clear of the limit while the call is under way. */
const marginMs = 600_000;

/**
 * The nearest stamp CloudWatch accepts: that of the nearest accepted event of the batch, so that
 * order is kept; where none was accepted, just within the limit, and now for events that outlived
 * the group's retention, which is not known here.
 */
const acceptableMs = (
  refusal: Refusal,
  accepted: readonly OutgoingEvent[],
  nowMs: number,
): number => {
  const neighbour = refusal === "tooNew" ? accepted.at(-1) : accepted[0];
  if (neighbour !== undefined) return neighbour.timestamp;
  return refusal === "tooOld" ? nowMs - tooOldAfterMs + marginMs : nowMs;
};

/** The stamp with its true time kept beside it. */
const restamped = (stamp: IntentStamp, epochMs: number): IntentStamp => ({
  ...stamp,
  epochMs,
  trueMs: stamp.trueMs ?? stamp.epochMs,
});

/** An event that CloudWatch refused for its stamp. */
export interface RefusedEvent {
  event: OutgoingEvent;
  refusal: Refusal;
  /** It had the nearest acceptable stamp already. */
  wasRestamped: boolean;
}

/**
 * What CloudWatch refused of a batch it accepted, and the batch to send again: the same entries,
 * the accepted ones marked, the refused ones restamped.
 */
export const divide = (
  batch: Batch,
  rejected: RejectedEvents,
  nowMs: number,
): { refused: RefusedEvent[]; retried: Batch } => {
  const accepted = batch.events.filter((_, index) => refusalOf(rejected, index) === null);
  const refused: RefusedEvent[] = [];
  const refusalOfEntry = new Map<number, Refusal>();
  for (const [index, event] of batch.events.entries()) {
    const refusal = refusalOf(rejected, index);
    if (refusal === null) continue;
    refusalOfEntry.set(event.entry, refusal);
    const wasRestamped = batch.entries[event.entry]?.stamp.trueMs !== undefined;
    refused.push({ event, refusal, wasRestamped });
  }
  const entries = batch.entries.map((entry, place) => {
    const refusal = refusalOfEntry.get(place);
    const { stamp } = entry;
    if (refusal === undefined) return { ...entry, stamp: { ...stamp, isAccepted: true as const } };
    return { ...entry, stamp: restamped(stamp, acceptableMs(refusal, accepted, nowMs)) };
  });
  return { refused, retried: { ...batch, entries } };
};
