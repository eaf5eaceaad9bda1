import type { RejectedEvents, Verdict } from "../cloudwatch/faults.ts";
import type { Metrics } from "../metrics.ts";
import type { DeadLetter, Spool } from "../spool/spool.ts";
import type { Time } from "../time.ts";
import { type Batch, intentOf, type OutgoingEvent } from "./batch.ts";
import type { Creator } from "./create.ts";
import { refusedLetter, unreadableLetters } from "./dead-letter.ts";
import type { OpenLanes } from "./open-lanes.ts";
import type { Pace } from "./pace.ts";
import type { ReadBack } from "./read-back.ts";
import { divide } from "./restamp.ts";
import type { Next } from "./schedule.ts";
import { settlementOf } from "./settle.ts";

/** What follows once a call was answered, or was not. */
export interface Outcomes {
  /** All of the batch is where it belongs; `kept` are events that became dead letters. */
  settle(batch: Batch, kept: { events: OutgoingEvent[]; reason: string } | null): Promise<Next>;
  /** Does what the verdict on a PutLogEvents call asks for. */
  follow(batch: Batch, verdict: Verdict): Promise<Next>;
  /** Goes on after a look for a batch whose outcome has been unknown for `unknownMs`. */
  resolve(batch: Batch, found: ReadBack, unknownMs: number): Promise<Next>;
}

export interface OutcomeOptions {
  spool: Spool;
  creator: Creator;
  /** Of PutLogEvents calls. */
  pace: Pace;
  metrics: Metrics;
  time: Time;
  lanes: OpenLanes;
  /** How long a batch may stay invisible before it is sent again. */
  unknownOutcomeWaitMs: number;
  /** Events with a stamp CloudWatch refuses: sent with the nearest it accepts, or kept. */
  refusedStamps: "restamp" | "keep";
  onTrouble(message: string): void;
}

const retryBaseMs = 50;
const throttledBaseMs = 1_000;
const deniedBaseMs = 5_000;
const firstLookMs = 250;
const longestLookPauseMs = 10_000;
const again: Next = { kind: "more" };

export const createOutcomes = (options: OutcomeOptions): Outcomes => {
  const { spool, lanes, metrics, time } = options;

  const settle: Outcomes["settle"] = async (batch, kept) => {
    const epochMs = time.epochMs();
    const letters = unreadableLetters(batch.entries, epochMs);
    if (kept !== null) letters.push(refusedLetter(batch, kept.events, kept.reason, epochMs));
    await spool.settle(settlementOf(batch, letters));
    lanes.close(batch.lane);
    count(metrics, batch, letters, kept?.events ?? []);
    return again;
  };
  /** Sends a part of what the intent named, or the same with other stamps. */
  const replaceIntent = async (batch: Batch): Promise<Next> => {
    await spool.propose(intentOf(batch));
    lanes.open(batch.lane);
    return again;
  };
  const halve = (batch: Batch, reason: string): Promise<Next> => {
    if (batch.entries.length === 1) return settle(batch, { events: batch.events, reason });
    const entries = batch.entries.slice(0, Math.ceil(batch.entries.length / 2));
    return replaceIntent({ ...batch, entries });
  };
  const accept = (batch: Batch, rejected: RejectedEvents | undefined): Promise<Next> => {
    if (rejected === undefined) return settle(batch, null);
    const { refused, retried } = divide(batch, rejected, time.epochMs());
    const reason = [...new Set(refused.map(({ refusal }) => refusal))].join(", ");
    options.onTrouble(
      `CloudWatch refused the stamps of ${refused.length} events of "${batch.lane}": ${reason}`,
    );
    const events = refused.map(({ event }) => event);
    const isHopeless = refused.some(({ wasRestamped }) => wasRestamped);
    if (options.refusedStamps === "keep" || isHopeless) return settle(batch, { events, reason });
    metrics.eventsRestamped += events.length;
    return replaceIntent(retried);
  };
  const create = async (batch: Batch, missing: "group" | "stream"): Promise<Next> => {
    const made = await options.creator.create(batch.target, missing);
    return made.verdict === "accepted" ? again : giveWay(options, batch, made);
  };
  const becomeUnknown = (lane: string): Next => {
    metrics.callsUnknown++;
    lanes.becomeUnknown(lane);
    return { kind: "pause", pauseMs: firstLookMs };
  };
  return {
    settle,
    async follow(batch, verdict) {
      if (verdict.verdict === "accepted") return accept(batch, verdict.rejected);
      if (verdict.verdict === "create") return create(batch, verdict.missing);
      if (verdict.verdict === "unknown") return becomeUnknown(batch.lane);
      const isBad = verdict.verdict === "split" || verdict.verdict === "giveUp";
      return isBad ? halve(batch, verdict.reason) : giveWay(options, batch, verdict);
    },
    async resolve(batch, found, unknownMs) {
      if (found === "seen") return settle(batch, null);
      const leftMs = options.unknownOutcomeWaitMs - unknownMs;
      if (found === "unseen" && leftMs > 0) {
        const pauseMs = Math.min(Math.max(firstLookMs, unknownMs), longestLookPauseMs, leftMs);
        return { kind: "pause", pauseMs };
      }
      metrics.possiblyDuplicated += batch.events.length;
      lanes.open(batch.lane);
      return again;
    },
  };
};

/** Keeps the batch and tries later, as slowly as the verdict asks for. */
const giveWay = (
  { lanes, metrics, pace, onTrouble }: OutcomeOptions,
  { lane, target }: Batch,
  { verdict, reason }: Verdict,
): Next => {
  if (verdict === "throttled") {
    metrics.callsThrottled++;
    pace.throttled();
    return lanes.pause(lane, throttledBaseMs);
  }
  onTrouble(
    `Cannot write to log group "${target.group}", stream "${target.stream}": ${reason}; its events wait in the spool`,
  );
  return lanes.pause(lane, verdict === "retry" ? retryBaseMs : deniedBaseMs);
};

const count = (
  metrics: Metrics,
  batch: Batch,
  letters: DeadLetter[],
  keptEvents: OutgoingEvent[],
): void => {
  const kept = new Set(keptEvents.map(({ entry }) => entry));
  metrics.deadLetters += letters.length;
  for (const [place, { drops, isEvent }] of batch.entries.entries()) {
    if (isEvent && !kept.has(place)) metrics.eventsDelivered++;
    for (const { reason, count } of drops) {
      metrics.dropped[reason] = (metrics.dropped[reason] ?? 0) + count;
    }
  }
};
