import type { Metrics } from "../../metrics.ts";
import type { Progress } from "../../spool/intent.ts";
import type { DeadLetter, Settlement, Spool, StoredFrame } from "../../spool/spool.ts";
import type { Time } from "../../time.ts";
import type { Batch } from "../batch/batch.ts";
import { framesByBoot } from "../batch/boot-entries.ts";
import type { Draft } from "../batch/draft.ts";
import type { Formats } from "../batch/formats.ts";
import { bootKeyOf, type PendingEntry } from "../batch/pending.ts";
import { addTally, createTally, type Tally, tallyEntry } from "../batch/tally.ts";
import { lettersOf, unreadableLetters } from "../dead-letter.ts";
import type { MessageForm } from "../message/message.ts";
import type { OpenLanes } from "../schedule/open-lanes.ts";
import type { Next } from "../schedule/schedule.ts";

/** Closes what was begun for a lane. */
export interface Settle {
  /** All of the batch is where it belongs, but for what is refused: that becomes dead letters. */
  settle(batch: Batch): Promise<Next>;
  /** All of the draft is where it belongs. */
  settleDraft(draft: Draft): Promise<Next>;
}

export interface SettleOptions {
  spool: Spool;
  lanes: OpenLanes;
  metrics: Metrics;
  time: Time;
  form: MessageForm;
  formats: Pick<Formats, "isUnknown">;
}

export const createSettle = (options: SettleOptions): Settle => {
  const { spool, lanes, metrics, time, form, formats } = options;

  const close = async (settlement: Settlement, tally: Tally, isLast: boolean): Promise<Next> => {
    await spool.settle(settlement);
    lanes.close(settlement.lane);
    metrics.deadLetters += settlement.deadLetters.length;
    addTally(metrics, tally);
    return { kind: isLast ? "empty" : "more" };
  };
  return {
    settle(batch) {
      const letters = lettersOf(batch, form, Math.floor(time.epochMs()));
      const tally = createTally();
      for (const entry of batch.entries) tallyEntry(tally, entry, formats);
      return close(settlementOf(batch, letters), tally, batch.isLast);
    },
    settleDraft({ lane, progress, delivered, unreadable, tally, isLast }) {
      const deadLetters = unreadableLetters(unreadable, Math.floor(time.epochMs()));
      return close({ lane, progress, delivered, deadLetters }, tally, isLast);
    },
  };
};

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
