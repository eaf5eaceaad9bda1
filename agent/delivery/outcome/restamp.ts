import type { RejectedEvents } from "../../cloudwatch/faults.ts";
import type { IntentStamp } from "../../spool/intent.ts";
import { type Batch, type OutgoingEvent, withAccepted } from "../batch/batch.ts";
import { bootKeyOf, type PendingEntry } from "../batch/pending.ts";
import type { StampRange } from "../batch/stamp-window.ts";

/** Why CloudWatch refused an event of a batch it accepted. */
export type Refusal = "tooOld" | "expired" | "tooNew";

/** The refusal of the event at `index`, null where it was accepted. */
const refusalOf = (rejected: RejectedEvents, index: number): Refusal | null => {
  if (index < (rejected.expiredLogEventEndIndex ?? 0)) return "expired";
  if (index < (rejected.tooOldLogEventEndIndex ?? 0)) return "tooOld";
  return index >= (rejected.tooNewLogEventStartIndex ?? Number.POSITIVE_INFINITY) ? "tooNew" : null;
};

/** What CloudWatch takes of a batch it has refused in part. */
interface Taken {
  accepted: OutgoingEvent[];
  range: StampRange;
  /** Stamps of what was delivered last, by boot. */
  delivered: ReadonlyMap<string, number>;
}

/** A stamp this near to now and refused all the same: no other will be taken. */
const hopelessMs = 3_600_000;

/**
 * The next stamp to try, null where none is left: that of the nearest accepted event, so that order
 * is kept, then just within the limit, then now. Each is nearer to now than the one before, but none
 * is before what was delivered of the boot.
 */
const nextStamp = (
  refusal: Refusal,
  { bootKey, stamp: { epochMs } }: PendingEntry,
  { accepted, range, delivered }: Taken,
): number | null => {
  const nowMs = Math.floor(range.nowMs);
  if (refusal === "tooNew") {
    const leastMs = delivered.get(bootKey) ?? 0;
    const choices = [accepted.at(-1)?.timestamp ?? nowMs, nowMs];
    return choices.map((ms) => Math.max(ms, leastMs)).find((ms) => ms < epochMs) ?? null;
  }
  const neighbourMs = accepted[0]?.timestamp;
  const limitMs = refusal === "tooOld" ? Math.ceil(range.leastMs) : undefined;
  const isNear = epochMs > nowMs - hopelessMs;
  const choices = [neighbourMs, limitMs, isNear ? undefined : nowMs];
  return choices.find((ms) => ms !== undefined && ms > epochMs) ?? null;
};

export interface Division {
  /** Refused events with their refusals. */
  refused: { event: OutgoingEvent; refusal: Refusal }[];
  /** The same entries: the accepted ones marked, the others with another stamp, or with their refusal. */
  rest: Batch;
}

/** Parts what CloudWatch took of the batch's first `length` events from what it refused. */
export const divide = (
  batch: Batch,
  length: number,
  rejected: RejectedEvents,
  options: { mode: "restamp" | "keep"; range: StampRange },
): Division => {
  const sent = batch.events.slice(0, length);
  const refusals = sent.map((_, index) => refusalOf(rejected, index));
  const accepted = sent.filter((_, index) => refusals[index] === null);
  const delivered = new Map(batch.progress.map((done) => [bootKeyOf(done), done.stampMs]));
  const taken = { accepted, range: options.range, delivered };
  const refusalOfEntry = new Map<number, Refusal>();
  for (const [index, { entry }] of sent.entries()) {
    const refusal = refusals[index];
    if (refusal && entry !== null) refusalOfEntry.set(entry, refusal);
  }
  const restamp = (entry: PendingEntry, refusal: Refusal): IntentStamp => {
    const { stamp } = entry;
    const epochMs = options.mode === "keep" ? null : nextStamp(refusal, entry, taken);
    if (epochMs === null) return { ...stamp, refused: refusal };
    return { ...stamp, epochMs, trueMs: stamp.trueMs ?? stamp.epochMs };
  };
  const marked = withAccepted(batch, (index) => index < length && refusals[index] === null);
  const entries = marked.entries.map((entry, place) => {
    const refusal = refusalOfEntry.get(place);
    return refusal === undefined ? entry : { ...entry, stamp: restamp(entry, refusal) };
  });
  const refused = sent.flatMap((event, index) => {
    const refusal = refusals[index];
    return refusal && event.entry !== null ? [{ event, refusal }] : [];
  });
  return { refused, rest: { ...marked, entries } };
};
