import {
  addNotAfter,
  addNotBefore,
  type Bound,
  contradict,
  driftMs,
  earliestAt,
  grainMs,
  latestAt,
} from "./bound.ts";

/** A stretch of a boot's uptime in which the device and the agent's wall clock went on together. */
export interface Segment {
  /** It holds the uptimes above this, up to the next segment. */
  afterUptimeMs: number;
  /** From acks, by the uptime of their arrival. */
  notBefore: Bound[];
  /** From frames, by the uptime of their sending. */
  notAfter: Bound[];
  /** The least that ever lay between the two sides; null before the first round trip. */
  roundTripMs: number | null;
}

/**
 * The time of an uptime, from both sides. The envelope takes it that the device counted its uptime
 * all along. What is claimed does not, for a device may sleep without counting: an ack speaks only
 * of the time after it, a frame only of the time before it.
 */
interface Span {
  earliestMs: number;
  earliestDriftMs: number;
  latestMs: number;
  latestDriftMs: number;
  claimedEarliestMs: number;
  claimedLatestMs: number;
}

/** Once an event: so it walks the lists once, and needs of the claimed sides only the nearest bound. */
const spanAt = ({ notBefore, notAfter }: Segment, uptimeMs: number): Span => {
  let ack = notBefore.length - 1;
  let earliest: Bound | undefined;
  let earliestMs = Number.NEGATIVE_INFINITY;
  for (; ack >= 0; ack -= 1) {
    const bound = notBefore[ack] as Bound;
    const boundMs = earliestAt(uptimeMs, bound);
    if (boundMs > earliestMs) {
      earliestMs = boundMs;
      earliest = bound;
    }
    if (bound.uptimeMs < uptimeMs) break;
  }
  const before = notBefore[ack];

  let frame = 0;
  let latest: Bound | undefined;
  let latestMs = Number.POSITIVE_INFINITY;
  for (; frame < notAfter.length; frame += 1) {
    const bound = notAfter[frame] as Bound;
    const boundMs = latestAt(uptimeMs, bound);
    if (boundMs < latestMs) {
      latestMs = boundMs;
      latest = bound;
    }
    if (bound.uptimeMs > uptimeMs) break;
  }
  const newest = notAfter.at(-1);
  // An event of a frame's very uptime may be of the next frame, with sleep between, if there is one.
  const after = notAfter[frame] ?? (newest?.uptimeMs === uptimeMs ? newest : undefined);

  return {
    earliestMs,
    earliestDriftMs: earliest ? driftMs(uptimeMs, earliest) : 0,
    latestMs,
    latestDriftMs: latest ? driftMs(uptimeMs, latest) : 0,
    claimedEarliestMs: before ? earliestAt(uptimeMs, before) : Number.NEGATIVE_INFINITY,
    claimedLatestMs: after ? latestAt(uptimeMs, after) : Number.POSITIVE_INFINITY,
  };
};

/**
 * The likeliest time: half the least round trip from either side of the envelope; what the envelope
 * is wider than that is shared out as drift may have widened its sides.
 */
const likeliestMs = (span: Span, roundTripMs: number): number => {
  if (span.earliestMs === Number.NEGATIVE_INFINITY) return span.latestMs;
  const widthMs = Math.max(0, span.latestMs - span.earliestMs);
  const delayMs = Math.min(widthMs, roundTripMs);
  const share = (span.earliestDriftMs + 1) / (span.earliestDriftMs + span.latestDriftMs + 2);
  return span.earliestMs + delayMs / 2 + (widthMs - delayMs) * share;
};

/** A moment of the agent's wall clock, and how far from it the true one can be; null if unknown. */
export interface Reading {
  epochMs: number;
  errorMs: number | null;
}

/** Reads an uptime. No bound is known where either side is silent. */
export const readAt = (segment: Segment, uptimeMs: number): Reading => {
  const span = spanAt(segment, uptimeMs);
  const likelyMs = likeliestMs(span, segment.roundTripMs ?? 0);
  const earliestMs = span.claimedEarliestMs - grainMs;
  const latestMs = span.claimedLatestMs + grainMs;
  const epochMs = Math.round(Math.min(Math.max(likelyMs, earliestMs), latestMs));
  const errorMs = Math.ceil(Math.max(epochMs - earliestMs, latestMs - epochMs, 0));
  return { epochMs, errorMs: errorMs < Number.POSITIVE_INFINITY ? errorMs : null };
};

/**
 * Whether a frame came sooner after an ack known than the device counted: then the agent's wall
 * clock was turned back, and nothing known before speaks of the time since.
 */
const isTooSoon = (segment: Segment, frame: Bound): boolean =>
  segment.notBefore.some((known) => known.uptimeMs <= frame.uptimeMs && contradict(known, frame));

/** Uptime of the latest frame the segment has seen, -1 for none. */
const newestUptimeMs = (segment: Segment): number => segment.notAfter.at(-1)?.uptimeMs ?? -1;

/** Whether a frame of a later uptime had arrived by then: the boot had passed that uptime. */
export const hasPassed = ({ notAfter }: Segment, { epochMs, uptimeMs }: Bound): boolean => {
  const arrived = notAfter.findLast((known) => known.epochMs <= epochMs);
  return arrived !== undefined && arrived.uptimeMs - uptimeMs > grainMs;
};

/** The segment that follows where nothing known before can be believed since. */
export const freshSegment = (segment: Segment): Segment => ({
  afterUptimeMs: Math.max(segment.afterUptimeMs, newestUptimeMs(segment) - 1),
  notBefore: [],
  notAfter: [],
  roundTripMs: segment.roundTripMs,
});

/**
 * The segment that follows where the device slept without counting: after the last frame that was
 * certainly sent before.
 */
const segmentAfterSleep = (segment: Segment, ack: Bound, frame: Bound): Segment | null => {
  const sleptAtMs = segment.notAfter.findLast((known) => contradict(ack, known))?.uptimeMs;
  if (sleptAtMs === undefined) return null;
  const notAfter = segment.notAfter.filter((known) => known.uptimeMs > sleptAtMs);
  addNotAfter(notAfter, frame);
  return {
    afterUptimeMs: Math.max(segment.afterUptimeMs, sleptAtMs),
    notBefore: [...segment.notBefore],
    notAfter,
    roundTripMs: segment.roundTripMs,
  };
};

/** Learns that a frame was sent no later than it arrived. Returns the segment that goes on. */
export const learnFrame = (segment: Segment, frame: Bound): Segment => {
  const next = isTooSoon(segment, frame) ? freshSegment(segment) : segment;
  const isFromBeforeSleep = next.notBefore.some((known) => contradict(known, frame));
  if (!isFromBeforeSleep) addNotAfter(next.notAfter, frame);
  return next;
};

/** Learns that an ack arrived no earlier than it left, from the frame learnt just before. */
export const learnAck = (segment: Segment, ack: Bound, frame: Bound): Segment => {
  // An ack that contradicts the very frame which returns it tells nothing: the agent's host slept.
  if (contradict(ack, frame)) return segment;
  const next = segmentAfterSleep(segment, ack, frame) ?? segment;
  addNotBefore(next.notBefore, ack);
  const { earliestMs, latestMs } = spanAt(next, ack.uptimeMs);
  const widthMs = Math.max(0, latestMs - earliestMs);
  next.roundTripMs = Math.min(next.roundTripMs ?? widthMs, widthMs);
  return next;
};

/** The same segment on a wall clock that was set by `offsetMs`. */
export const shiftSegment = (segment: Segment, offsetMs: number): Segment => {
  const shift = ({ uptimeMs, epochMs }: Bound): Bound => ({
    uptimeMs,
    epochMs: epochMs + offsetMs,
  });
  return {
    afterUptimeMs: Math.max(segment.afterUptimeMs, newestUptimeMs(segment) - 1),
    notBefore: segment.notBefore.map(shift),
    notAfter: segment.notAfter.map(shift),
    roundTripMs: segment.roundTripMs,
  };
};
