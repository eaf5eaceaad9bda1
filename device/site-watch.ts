import type { SiteWatch } from "../shared/codec/site-watch.ts";
import type { Places } from "../shared/codec/table.ts";
import type { Setup } from "./setup.ts";

/** How much a site may log: `burst` events in any window, which lasts as long as `perSecond` allows them. */
export interface RateLimit {
  perSecond: number;
  /** 1 to 65,535. */
  burst: number;
}

/** Least time between two events that tell of a limit. */
const reportPauseMs = 10_000;

/** Of a format, what an event about it shows. */
const shownCharacters = 40;

const limitFormat = "rate limit of %d events in %d s reached, %d dropped so far, now of: %s";

const unrepeatedFormat = "many formats never came again, the last: %s";

const countsOf = (size: number, most: number): Uint8Array | Uint16Array =>
  most < 256 ? new Uint8Array(size) : new Uint16Array(size);

export const createSiteWatch = (
  places: Places,
  limit: RateLimit | false | undefined,
): SiteWatch => ({
  events: limit ? limit.burst : 0,
  windowMs: limit ? (limit.burst * 1_000) / limit.perSecond : 0,
  endMs: 0,
  counts: limit ? countsOf(places.sites + places.texts + 2, limit.burst) : null,
  isReached: false,
  tellMs: 0,
  unrepeated: "",
});

/** Names the site that an event was just refused of; not each time. */
export const tellLimit = (setup: Setup, format: string, uptimeMs: number): void => {
  const watch = setup.table.watch as SiteWatch;
  watch.isReached = false;
  if (uptimeMs < watch.tellMs) return;
  watch.tellMs = uptimeMs + reportPauseMs;
  const seconds = Math.floor(watch.windowMs / 1_000);
  const dropped = setup.tally.dropped.rate_limited;
  setup.notify([limitFormat, watch.events, seconds, dropped, format.slice(0, shownCharacters)]);
};

/** Names a format of the many that never come again: a program that logs texts it built before. */
export const tellUnrepeated = (setup: Setup, watch: SiteWatch): void => {
  setup.notify([unrepeatedFormat, watch.unrepeated.slice(0, shownCharacters)]);
  watch.unrepeated = "";
};
