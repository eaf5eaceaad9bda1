import type { Segment } from "./segment.ts";

/** The segments of one boot: the newest goes on. */
export interface Segments {
  current(): Segment;
  /** The one that holds an uptime; undefined where it is given up. */
  at(uptimeMs: number): Segment | undefined;
  oldest(): Segment;
  /** The segment that goes on from now: the current one or its successor. */
  goOnIn(segment: Segment): void;
  /** What to save: not changed by what is learnt later. */
  copies(): Segment[];
}

/** Segments of a boot that are kept; events of older ones are estimated by the oldest kept. */
const segmentsLimit = 4;

const emptySegment: Segment = {
  afterUptimeMs: -1,
  notBefore: [],
  notAfter: [],
  roundTripMs: null,
};

const copyOf = ({ afterUptimeMs, notBefore, notAfter, roundTripMs }: Segment): Segment => ({
  afterUptimeMs,
  notBefore: [...notBefore],
  notAfter: [...notAfter],
  roundTripMs,
});

/** `saved`: oldest first, never empty; without it a boot begins. */
export const createSegments = (saved: readonly Segment[] = [emptySegment]): Segments => {
  const segments = saved.map(copyOf);
  const current = (): Segment => segments.at(-1) as Segment;
  return {
    current,
    at: (uptimeMs) => segments.findLast(({ afterUptimeMs }) => uptimeMs > afterUptimeMs),
    oldest: () => segments[0] as Segment,
    goOnIn: (segment) => {
      if (segment === current()) return;
      if (segment.afterUptimeMs === current().afterUptimeMs) segments.pop();
      segments.push(segment);
      if (segments.length > segmentsLimit) segments.shift();
    },
    copies: () => segments.map(copyOf),
  };
};
