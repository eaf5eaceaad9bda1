import type { LogEvent } from "../../../shared/event.ts";
import type { Metrics } from "../../metrics.ts";
import type { IntentStamp } from "../../spool/intent.ts";
import type { Formats } from "./formats.ts";
import type { PendingEntry } from "./pending.ts";

/** What the entries of a batch count once it is settled. */
export type Tally = Pick<
  Metrics,
  | "eventsDelivered"
  | "eventsRestamped"
  | "formatsUnknown"
  | "metricsRefused"
  | "powerLossAtMost"
  | "dropped"
>;

export const createTally = (): Tally => ({
  eventsDelivered: 0,
  eventsRestamped: 0,
  formatsUnknown: 0,
  metricsRefused: 0,
  powerLossAtMost: 0,
  dropped: {},
});

type UnknownFormats = Pick<Formats, "isUnknown">;

/** Counts an event that is delivered with this stamp. */
export const tallyEvent = (
  tally: Tally,
  { site }: LogEvent,
  stamp: IntentStamp,
  formats: UnknownFormats,
): void => {
  tally.eventsDelivered++;
  if (stamp.trueMs !== undefined) tally.eventsRestamped++;
  if (formats.isUnknown(site)) tally.formatsUnknown++;
};

/** Counts what an entry says, and its event unless that is refused. */
export const tallyEntry = (
  tally: Tally,
  { event, measured, stamp, told }: PendingEntry,
  formats: UnknownFormats,
): void => {
  if (measured?.rule === null) tally.metricsRefused++;
  if (event !== null && stamp.refused === undefined) tallyEvent(tally, event, stamp, formats);
  for (const { notice } of told) {
    if (notice.event !== "dropped") continue;
    const { reason, count = 0, atMost } = notice;
    if (atMost) tally.powerLossAtMost += count;
    else tally.dropped[reason] = (tally.dropped[reason] ?? 0) + count;
  }
};

export const addTally = (metrics: Metrics, tally: Tally): void => {
  metrics.eventsDelivered += tally.eventsDelivered;
  metrics.eventsRestamped += tally.eventsRestamped;
  metrics.formatsUnknown += tally.formatsUnknown;
  metrics.metricsRefused += tally.metricsRefused;
  metrics.powerLossAtMost += tally.powerLossAtMost;
  for (const [reason, count] of Object.entries(tally.dropped)) {
    metrics.dropped[reason] = (metrics.dropped[reason] ?? 0) + count;
  }
};
