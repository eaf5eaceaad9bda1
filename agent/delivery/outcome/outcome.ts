import type { RejectedEvents, Verdict } from "../../cloudwatch/faults.ts";
import { type Batch, intentOf, withAccepted } from "../batch/batch.ts";
import type { ComposedBatch } from "../batch/compose.ts";
import type { StampWindow } from "../batch/stamp-window.ts";
import type { Creation, Creator } from "../create.ts";
import type { Pace } from "../schedule/pace.ts";
import type { Next } from "../schedule/schedule.ts";
import type { LogStream } from "../stream.ts";
import type { ReadBack } from "./read-back.ts";
import { type Division, divide } from "./restamp.ts";
import { createSettle, type Settle, type SettleOptions } from "./settle.ts";

/** A call that was made for a batch. */
export interface Call {
  lane: string;
  target: LogStream;
  /** The batch; null as long as it cannot be composed again. */
  whole(): Promise<ComposedBatch | null>;
}

/** What follows once a call was answered, or was not. `length`: events of the batch it carried. */
export interface Outcomes extends Settle {
  /** Does what the verdict on a PutLogEvents call asks for. */
  follow(call: Call, verdict: Verdict): Promise<Next>;
  /** Goes on after a look for a call whose outcome has been unknown for `unknownMs`. */
  resolve(batch: Batch, length: number, look: ReadBack, unknownMs: number): Promise<Next>;
}

export interface OutcomeOptions extends SettleOptions {
  creator: Creator;
  /** Of PutLogEvents calls. */
  pace: Pace;
  stampWindow: StampWindow;
  /** How long a batch may stay invisible before it is sent again. */
  unknownOutcomeWaitMs: number;
  /** Events with a stamp CloudWatch refuses: sent with the nearest it accepts, or kept. */
  refusedStamps: "restamp" | "keep";
  onTrouble(message: string): void;
  /** Told before events are sent again that may have been delivered; how many so far. */
  onRepeat(possiblyDuplicated: number): void;
}

const retryBaseMs = 50;
const throttledBaseMs = 1_000;
const deniedBaseMs = 5_000;
const firstLookMs = 250;
const longestLookPauseMs = 10_000;
const again: Next = { kind: "more" };

export const createOutcomes = (options: OutcomeOptions): Outcomes => {
  const { spool, lanes, metrics } = options;
  const { settle, settleDraft } = createSettle(options);

  const replaceIntent = async (batch: Batch): Promise<Next> => {
    await spool.propose(intentOf(batch));
    lanes.open(batch.lane);
    return again;
  };
  /** Goes on with what is left of a batch. What is told is refused for good once that is so without any event. */
  const goOn = (rest: Batch, sent: Batch): Promise<Next> => {
    const isLeft = rest.events.some(({ entry }) =>
      entry === null ? sent.events.length > 1 : rest.entries[entry]?.stamp.refused === undefined,
    );
    return isLeft ? replaceIntent(rest) : settle(rest);
  };
  const halve = (batch: Batch, reason: string): Promise<Next> =>
    batch.entries.length > 1
      ? replaceIntent(firstHalf(batch))
      : settle(withRefusedEntries(batch, reason));
  const accept = (batch: Batch, length: number, rejected?: RejectedEvents): Promise<Next> =>
    rejected === undefined && length === batch.events.length
      ? settle({ ...batch, repeated: null })
      : goOn(restOf(options, batch, length, rejected), batch);
  return {
    settle,
    settleDraft,
    async follow(call, verdict) {
      switch (verdict.verdict) {
        case "accepted":
          return withWhole(call, (batch) => accept(batch, batch.length, verdict.rejected));
        case "create":
          return create(options, call, verdict.missing);
        case "unknown":
          metrics.callsUnknown++;
          lanes.becomeUnknown(call.lane);
          return { kind: "pause", pauseMs: firstLookMs };
        case "split":
        case "giveUp":
          return withWhole(call, (batch) => halve(batch, verdict.reason));
        case "throttled":
          metrics.callsThrottled++;
          options.pace.throttled();
          return giveWay(options, call, verdict);
        default:
          return giveWay(options, call, verdict);
      }
    },
    async resolve(batch, length, look, unknownMs) {
      const seen = look.kind === "read" ? look.seen : new Set<number>();
      if (seen.size === length) return accept(batch, length);
      const pauseMs = nextLookMs(options.unknownOutcomeWaitMs, look, unknownMs);
      if (pauseMs > 0) return { kind: "pause", pauseMs };
      const rest = withAccepted(batch, (index) => seen.has(index));
      const repeats = rest.events.length - (batch.events.length - length);
      metrics.possiblyDuplicated += repeats;
      options.onRepeat(metrics.possiblyDuplicated);
      const count = (rest.repeated?.count ?? 0) + repeats;
      return replaceIntent({ ...rest, repeated: { count, target: batch.target } });
    },
  };
};

const withWhole = async (
  call: Call,
  use: (batch: ComposedBatch) => Promise<Next>,
): Promise<Next> => {
  const batch = await call.whole();
  return batch === null ? { kind: "empty" } : use(batch);
};

const create = (
  options: OutcomeOptions,
  { lane, target }: Call,
  missing: "group" | "stream",
): Next => {
  const until = options.creator
    .create(target, missing)
    .then((made) => afterCreation(options, { lane, target }, made));
  return { kind: "wait", until };
};

/** What is there already was made by another, or is not to be seen yet: it is tried more slowly. */
const afterCreation = (
  options: OutcomeOptions,
  place: Pick<Batch, "lane" | "target">,
  made: Creation,
): Next => {
  if (made.verdict === "throttled") options.metrics.callsThrottled++;
  if (made.verdict !== "accepted") return giveWay(options, place, made);
  return made.isNew ? again : options.lanes.pause(place.lane, retryBaseMs);
};

const firstHalf = (batch: Batch): Batch => {
  const entries = batch.entries.slice(0, Math.ceil(batch.entries.length / 2));
  const events = batch.events.filter(({ entry }) => (entry ?? 0) < entries.length);
  return { ...batch, entries, events, isLast: false };
};

const withRefusedEntries = (batch: Batch, refused: string): Batch => {
  const entries = batch.entries.map((entry) => ({ ...entry, stamp: { ...entry.stamp, refused } }));
  return { ...batch, entries };
};

/** How long to wait before the next look, growing with each; 0 where there is no point any more. */
const nextLookMs = (waitMs: number, look: ReadBack, unknownMs: number): number => {
  if (look.kind === "unreadable") return 0;
  const leftMs = waitMs * (look.kind === "unread" ? 2 : 1) - unknownMs;
  return Math.min(Math.max(firstLookMs, unknownMs), longestLookPauseMs, Math.max(0, leftMs));
};

/** What is left of a batch once CloudWatch took its first `length` events, but for those it refused. */
const restOf = (
  options: OutcomeOptions,
  batch: Batch,
  length: number,
  rejected: RejectedEvents | undefined,
): Batch => {
  if (rejected === undefined) return withAccepted(batch, (index) => index < length);
  const { stampWindow, refusedStamps: mode } = options;
  const { group } = batch.target;
  const { refused, rest } = divide(batch, length, rejected, {
    mode,
    range: stampWindow.range(group),
  });
  const youngest = refused.findLast(({ refusal }) => refusal === "expired");
  if (youngest !== undefined) stampWindow.learnExpired(group, youngest.event.timestamp);
  tellRefused(options, batch, refused);
  return rest;
};

/** Keeps the batch and tries later, as slowly as the verdict asks for. */
const giveWay = (
  { lanes, onTrouble }: OutcomeOptions,
  { lane, target }: Pick<Batch, "lane" | "target">,
  verdict: Verdict,
): Next => {
  const leastMs = "retryAfterMs" in verdict ? verdict.retryAfterMs : undefined;
  if (verdict.verdict === "throttled") return lanes.pause(lane, throttledBaseMs, leastMs);
  onTrouble(
    `Cannot write to log group "${target.group}", stream "${target.stream}": ${verdict.reason}; its events wait in the spool`,
  );
  const baseMs = verdict.verdict === "retry" ? retryBaseMs : deniedBaseMs;
  return lanes.pause(lane, baseMs, leastMs);
};

const tellRefused = (
  { onTrouble, refusedStamps }: OutcomeOptions,
  { lane }: Batch,
  refused: Division["refused"],
): void => {
  const reasons = [...new Set(refused.map(({ refusal }) => refusal))].join(", ");
  const fate = refusedStamps === "keep" ? "kept as dead letters" : "sent with the nearest it takes";
  onTrouble(
    `CloudWatch refused the stamps of ${refused.length} events of "${lane}": ${reasons}; they are ${fate}`,
  );
};
