/** What a counted millisecond of uptime takes, with the device's oscillator 200 ppm fast or slow. */
const leastMsPerUptimeMs: number = 1 - 200e-6;
const mostMsPerUptimeMs: number = 1 / leastMsPerUptimeMs;

/** Uptimes are whole ms, so that two of them are apart by up to 1 more or less; the rest is rounding. */
export const grainMs = 1.01;

/** Bounds of one side that are kept. */
const boundsLimit = 12;

/** What is known of one moment of the device: that it was no earlier, or no later, than `epochMs`. */
export interface Bound {
  uptimeMs: number;
  epochMs: number;
}

/** The earliest time of an uptime, had the device counted all of it since, or until, the bound. */
export const earliestAt = (uptimeMs: number, notBefore: Bound): number => {
  const sinceMs = uptimeMs - notBefore.uptimeMs;
  return notBefore.epochMs + sinceMs * (sinceMs >= 0 ? leastMsPerUptimeMs : mostMsPerUptimeMs);
};

/** The latest time of an uptime, had the device counted all of it since, or until, the bound. */
export const latestAt = (uptimeMs: number, notAfter: Bound): number => {
  const sinceMs = uptimeMs - notAfter.uptimeMs;
  return notAfter.epochMs + sinceMs * (sinceMs >= 0 ? mostMsPerUptimeMs : leastMsPerUptimeMs);
};

/** How far drift alone may have carried the device from the bound by `uptimeMs`. */
export const driftMs = (uptimeMs: number, bound: Bound): number =>
  Math.abs(uptimeMs - bound.uptimeMs) * (1 - leastMsPerUptimeMs);

/** Whether no uptime counted within the drift fits both. */
export const contradict = (notBefore: Bound, notAfter: Bound): boolean =>
  notBefore.epochMs > latestAt(notBefore.uptimeMs, notAfter) + grainMs;

/** Orders bounds by what they say of a far moment: the later for acks, the earlier for frames. */
const rankMs = (bound: Bound): number => bound.epochMs - bound.uptimeMs * leastMsPerUptimeMs;

/** Removes the bound that would be missed least, in proportion to how long ago it was. */
const thin = (bounds: Bound[], missedMs: (index: number) => number): void => {
  const newestMs = (bounds.at(-1) as Bound).uptimeMs;
  let least = Number.POSITIVE_INFINITY;
  let victim = 0;
  for (const [index, bound] of bounds.entries()) {
    const missed = missedMs(index) / (newestMs - bound.uptimeMs + 1);
    if (missed < least) {
      least = missed;
      victim = index;
    }
  }
  bounds.splice(victim, 1);
};

/**
 * Adds what an ack tells: that it did not arrive before it was sent. The list is by uptime, and
 * each says more of the time after it than those before it; the others are let go.
 */
export const addNotBefore = (bounds: Bound[], bound: Bound): void => {
  const rank = rankMs(bound);
  let place = bounds.length;
  while (place > 0 && (bounds[place - 1] as Bound).uptimeMs > bound.uptimeMs) place -= 1;
  const before = bounds[place - 1];
  if (before && rankMs(before) >= rank) return;
  let end = place;
  while (end < bounds.length && rankMs(bounds[end] as Bound) <= rank) end += 1;
  bounds.splice(place, end - place, bound);
  if (bounds.length <= boundsLimit) return;
  thin(bounds, (index) => {
    const previous = bounds[index - 1];
    if (!previous || index === bounds.length - 1) return Number.POSITIVE_INFINITY;
    return rankMs(bounds[index] as Bound) - rankMs(previous);
  });
};

/**
 * Adds what a frame tells: that it was not sent after it arrived. The list is by uptime, and each
 * says more of the time before it than those after it; the others are let go.
 */
export const addNotAfter = (bounds: Bound[], bound: Bound): void => {
  const rank = rankMs(bound);
  let place = bounds.length;
  while (place > 0 && (bounds[place - 1] as Bound).uptimeMs >= bound.uptimeMs) place -= 1;
  const after = bounds[place];
  // Sleep may lie between two frames of one uptime, so only the later speaks of all its events.
  if (after?.uptimeMs === bound.uptimeMs) {
    if (after.epochMs >= bound.epochMs) return;
    bounds.splice(place, 1);
    addNotAfter(bounds, bound);
    return;
  }
  if (after && rankMs(after) <= rank) return;
  let first = place;
  while (first > 0 && rankMs(bounds[first - 1] as Bound) >= rank) first -= 1;
  bounds.splice(first, place - first, bound);
  if (bounds.length <= boundsLimit) return;
  const fastest = fastestIndex(bounds);
  thin(bounds, (index) => {
    const next = bounds[index + 1];
    if (!next || index === fastest) return Number.POSITIVE_INFINITY;
    return rankMs(next) - rankMs(bounds[index] as Bound);
  });
};

/** The frame that says most of the time to come. */
const fastestIndex = (bounds: Bound[]): number => {
  const newestMs = (bounds.at(-1) as Bound).uptimeMs;
  const latestMs = bounds.map((bound) => latestAt(newestMs, bound));
  return latestMs.indexOf(Math.min(...latestMs));
};
