import type { AWSCloudWatchLogs } from "../cloudwatch/client.ts";
import { judge, type Verdict } from "../cloudwatch/faults.ts";
import type { Metrics } from "../metrics.ts";
import type { Intent } from "../spool/intent.ts";
import type { Spool } from "../spool/spool.ts";
import type { Time } from "../time.ts";
import type { Composer } from "./batch/compose.ts";
import type { Draft } from "./batch/draft.ts";
import type { Outcomes } from "./outcome/outcome.ts";
import { eventsIn, lookFor } from "./outcome/read-back.ts";
import type { OpenLanes } from "./schedule/open-lanes.ts";
import type { Pace } from "./schedule/pace.ts";
import type { Next } from "./schedule/schedule.ts";

/** Bytes of the bodies that are held in memory until their calls are answered. */
export interface BodiesHeld {
  bytes: number;
}

export interface DeliverOptions {
  spool: Spool;
  cloudwatch: AWSCloudWatchLogs;
  composer: Composer;
  lanes: OpenLanes;
  outcomes: Outcomes;
  /** Of calls that read back: the service allows 25 a second. */
  readPace: Pace;
  bodies: BodiesHeld;
  metrics: Metrics;
  time: Time;
}

/**
 * Takes a lane one step further: a call, or a look whether an earlier call was applied. Between
 * steps a lane keeps nothing in memory but where it stands; its intent says the rest.
 */
export const createDeliver = (options: DeliverOptions): ((lane: string) => Promise<Next>) => {
  const { spool, cloudwatch, composer, lanes, outcomes, bodies, metrics } = options;

  const call = async (body: Uint8Array): Promise<Verdict> => {
    metrics.calls++;
    return judge("PutLogEvents", await cloudwatch.attemptEncoded("PutLogEvents", body));
  };
  const holding = async (body: Uint8Array | null, use: () => Promise<Next>): Promise<Next> => {
    const bytes = body?.length ?? 0;
    bodies.bytes += bytes;
    try {
      return await use();
    } finally {
      bodies.bytes -= bytes;
    }
  };
  const deliverAgain = async (intent: Intent, unknownMs: number | null): Promise<Next> => {
    const batch = await composer.recompose(intent);
    if (batch === null) return { kind: "empty" };
    if (batch.events.length === 0) return outcomes.settle(batch);
    const { body, length, target } = batch;
    if (unknownMs !== null) {
      const look = await lookFor(target, eventsIn(body), options);
      return outcomes.resolve(batch, length, look, unknownMs);
    }
    return holding(body, async () =>
      outcomes.follow({ ...batch, whole: async () => batch }, await call(body)),
    );
  };
  const deliverDraft = async (draft: Draft): Promise<Next> => {
    const { lane, intent, body, events } = draft;
    if (events === 0) return outcomes.settleDraft(draft);
    await spool.propose(intent);
    lanes.open(lane);
    if (body === null) return deliverAgain(intent, null);
    const verdict = await call(body);
    return verdict.verdict === "accepted" && verdict.rejected === undefined
      ? outcomes.settleDraft(draft)
      : outcomes.follow({ ...draft, whole: () => composer.recompose(intent) }, verdict);
  };
  const deliverNext = async (lane: string): Promise<Next> => {
    const composed = await composer.compose(lane);
    switch (composed.kind) {
      case "draft":
        return holding(composed.draft.body, () => deliverDraft(composed.draft));
      case "givenUp":
        return outcomes.settle(composed.batch);
      case "sorted":
        return { kind: "more" };
      default:
        return { kind: "empty" };
    }
  };
  return async (lane) => {
    const unknownMs = lanes.unknownForMs(lane);
    if (unknownMs !== null && !lanes.takeLook(lane)) {
      return { kind: "pause", pauseMs: options.readPace.reserve() };
    }
    const intent = lanes.isOpen(lane) ? await spool.intent(lane) : null;
    if (intent !== null) return deliverAgain(intent, unknownMs);
    lanes.close(lane);
    return deliverNext(lane);
  };
};
