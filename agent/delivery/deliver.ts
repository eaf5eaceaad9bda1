import type { AWSCloudWatchLogs } from "../cloudwatch/client.ts";
import { type Attempt, judge } from "../cloudwatch/faults.ts";
import type { Metrics } from "../metrics.ts";
import type { Spool } from "../spool/spool.ts";
import { type Batch, intentOf } from "./batch.ts";
import type { Composer } from "./compose.ts";
import type { OpenLanes } from "./open-lanes.ts";
import type { Outcomes } from "./outcome.ts";
import type { Pace } from "./pace.ts";
import { lookFor } from "./read-back.ts";
import type { Next } from "./schedule.ts";

export interface DeliverOptions {
  spool: Spool;
  cloudwatch: AWSCloudWatchLogs;
  composer: Composer;
  lanes: OpenLanes;
  outcomes: Outcomes;
  /** Of PutLogEvents calls. */
  pace: Pace;
  /** Of calls that read back: the service allows 25 a second. */
  readPace: Pace;
  metrics: Metrics;
}

/**
 * Takes a lane one step further: a call, or a look whether an earlier call was applied. Between
 * steps a lane keeps nothing in memory but where it stands; its intent says the rest.
 */
export const createDeliver = (options: DeliverOptions): ((lane: string) => Promise<Next>) => {
  const { spool, cloudwatch, composer, lanes, outcomes, metrics } = options;

  const begin = async (lane: string): Promise<Batch | null> => {
    const intent = lanes.isOpen(lane) ? await spool.intent(lane) : null;
    if (intent !== null) return composer.recompose(intent);
    const batch = await composer.compose(lane);
    if (batch !== null && batch.events.length > 0) {
      await spool.propose(intentOf(batch));
      lanes.open(lane);
    }
    return batch;
  };
  const call = async (batch: Batch): Promise<Attempt> => {
    await options.pace.turn();
    metrics.calls++;
    return cloudwatch.attempt("PutLogEvents", {
      logGroupName: batch.target.group,
      logStreamName: batch.target.stream,
      logEvents: batch.events.map(({ timestamp, message }) => ({ timestamp, message })),
    });
  };
  return async (lane) => {
    const batch = await begin(lane);
    if (batch === null) return { kind: "empty" };
    if (batch.events.length === 0) return outcomes.settle(batch, null);
    const unknownMs = lanes.unknownForMs(lane);
    if (unknownMs === null) return outcomes.follow(batch, judge("PutLogEvents", await call(batch)));
    await options.readPace.turn();
    return outcomes.resolve(batch, await lookFor(batch, cloudwatch), unknownMs);
  };
};
