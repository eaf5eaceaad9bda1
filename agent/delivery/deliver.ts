import type { AWSCloudWatchLogs } from "../cloudwatch/client.ts";
import { judge, type Verdict } from "../cloudwatch/faults.ts";
import type { Metrics } from "../metrics.ts";
import type { Spool } from "../spool/spool.ts";
import type { Time } from "../time.ts";
import { intentOf } from "./batch/batch.ts";
import type { ComposedBatch, Composer } from "./batch/compose.ts";
import type { Outcomes } from "./outcome/outcome.ts";
import { eventsIn, lookFor } from "./outcome/read-back.ts";
import type { OpenLanes } from "./schedule/open-lanes.ts";
import type { Pace } from "./schedule/pace.ts";
import type { Next } from "./schedule/schedule.ts";

export interface DeliverOptions {
  spool: Spool;
  cloudwatch: AWSCloudWatchLogs;
  composer: Composer;
  lanes: OpenLanes;
  outcomes: Outcomes;
  /** Of calls that read back: the service allows 25 a second. */
  readPace: Pace;
  metrics: Metrics;
  time: Time;
}

/**
 * Takes a lane one step further: a call, or a look whether an earlier call was applied. Between
 * steps a lane keeps nothing in memory but where it stands; its intent says the rest.
 */
export const createDeliver = (options: DeliverOptions): ((lane: string) => Promise<Next>) => {
  const { spool, cloudwatch, composer, lanes, outcomes, metrics } = options;

  const begin = async (lane: string): Promise<ComposedBatch | "sorted" | null> => {
    const intent = lanes.isOpen(lane) ? await spool.intent(lane) : null;
    if (intent !== null) return composer.recompose(intent);
    lanes.close(lane);
    const batch = await composer.compose(lane);
    if (batch !== null && batch !== "sorted" && batch.events.length > 0) {
      await spool.propose(intentOf(batch));
      lanes.open(lane);
    }
    return batch;
  };
  const call = async ({ body }: ComposedBatch): Promise<Verdict> => {
    metrics.calls++;
    return judge("PutLogEvents", await cloudwatch.attemptEncoded("PutLogEvents", body));
  };
  return async (lane) => {
    const unknownMs = lanes.unknownForMs(lane);
    if (unknownMs !== null && !lanes.takeLook(lane)) {
      return { kind: "pause", pauseMs: options.readPace.reserve() };
    }
    const batch = await begin(lane);
    if (batch === null) return { kind: "empty" };
    if (batch === "sorted") return { kind: "more" };
    if (batch.events.length === 0) return outcomes.settle(batch);
    const { body, length, target } = batch;
    if (unknownMs === null) return outcomes.follow(batch, length, await call(batch));
    const look = await lookFor(target, eventsIn(body), options);
    return outcomes.resolve(batch, length, look, unknownMs);
  };
};
