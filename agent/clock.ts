import { createAckIds } from "./clock/ack-ids.ts";
import { latestAt } from "./clock/bound.ts";
import { type Placed, placedAt } from "./clock/placed.ts";
import { createReturnedAcks } from "./clock/returned-acks.ts";
import {
  freshSegment,
  learnAck,
  learnFrame,
  readAt,
  type Segment,
  shiftSegment,
} from "./clock/segment.ts";
import { createSegments, type Segments } from "./clock/segments.ts";
import { createWallAxis, type WallAxis } from "./clock/wall-axis.ts";

/**
 * How an event's stamp came about. `synced`: bounded by a round trip. `estimated`: by what frames
 * alone tell. `placed`: laid before the boots that followed.
 */
export type StampQuality = "synced" | "estimated" | "placed";

/** An event's time. */
export interface Stamp {
  /** Integer. */
  epochMs: number;
  /** The true time is no further than this from `epochMs`; null where no bound is claimed. */
  errorMs: number | null;
  quality: StampQuality;
}

/**
 * Keeps the stamps of one boot from running backwards: give the stamp of the seq before. The bound
 * grows by what the stamp was moved.
 */
export const clampStamp = (previousEpochMs: number, stamp: Stamp): Stamp => {
  const movedMs = previousEpochMs - stamp.epochMs;
  if (movedMs <= 0) return stamp;
  const errorMs = stamp.errorMs === null ? null : stamp.errorMs + movedMs;
  return { ...stamp, epochMs: previousEpochMs, errorMs };
};

/** A crash between saves loosens what acks bound by 200 ppm of this at most. */
const saveAfterUptimeMs = 60_000;

/** What one received frame tells of time. `arrivalMs` is of the agent's monotonic clock. */
export interface FrameTiming {
  arrivalMs: number;
  sendUptimeMs: number;
  ackId: number;
  ackUptimeMs: number;
}

/** What a frame that a later boot sent tells of the time of an earlier one. */
export interface EndTiming {
  arrivalMs: number;
  /** The last uptime that is known of the earlier boot. */
  lastUptimeMs: number;
  /** How long it had been over at least, by the uptime of those that followed, as the frame left. */
  endedAgoMs: number;
}

/** What outlives the process: plain JSON, in epoch ms, since a monotonic clock ends with its process. */
export interface ClockState {
  /** Acks of this boot may have ids below this. */
  ackCeiling: number;
  /** Oldest first, never empty. */
  segments: Segment[];
  /** Of a boot of which nothing was stored before a later one sent it. */
  placed?: Placed;
  /** A later boot said when it had ended: before whatever the wall clock is set to since. */
  isOver?: true;
  /** Several boots told their time in this one's name. */
  isShared?: true;
  /** Of which start of which machine the wall clock is that the segments are by, and how far it was ahead. */
  wall?: { machineBoot: string; offsetMs: number };
}

/**
 * The clock of one boot: turns its uptime into epoch ms with an error bound, from what frames and
 * the acks they return tell.
 */
export interface BootClock {
  /**
   * Gives the ack that is about to leave its id. 0, for none, while no id is reserved: see
   * `noteSaved`. `sentMs` is read before the ack leaves.
   */
  ackSent(sentMs: number): number;
  /** When this run sent the ack, of a monotonic clock; undefined for any other, and for those long ago. */
  ackSentAt(ackId: number): number | undefined;
  /**
   * Learns from a received frame, also from duplicates. `arrivalMs` is read after it arrived. Only for
   * frames whose send uptime is of this boot: not for those a later boot sends for this one.
   */
  observe(timing: FrameTiming): void;
  /**
   * Learns that the boot was over, from a frame that a later one sent for it. That bounds the events
   * after the boot's own last frame. A boot of which no frame was ever observed is placed by it: so
   * that it ended as long before as the frame says, and for good.
   */
  observeEnd(timing: EndTiming): void;
  /**
   * Whether the frame may be another boot's: it returns an ack that left after a frame of a later
   * uptime had arrived than the one at which that ack is said to have come. The ack may as well be
   * another store's under an id of ours; once such a frame is observed ids go on where none can be.
   */
  doubts(timing: FrameTiming): boolean;
  /** The same of an id that no other store can have given: the frame is another boot's. */
  refutes(timing: FrameTiming): boolean;
  /** Several boots tell their time in this one's name: no bound is claimed any more. */
  share(): void;
  /** Whether a frame of the boot was ever observed, or it was placed. */
  isSet(): boolean;
  /** Stamps an event that has arrived; `isSet` only. Over seqs it may run backwards: see `clampStamp`. */
  stamp(uptimeMs: number): Stamp;
  /** What to save. */
  state(): ClockState;
  /** Notes that `saved`, once given by `state`, would survive a crash: its ids may be used. */
  noteSaved(saved: ClockState): void;
  /** Whether ids run low or something was learnt that would be missed after a crash. */
  isSaveDue(): boolean;
}

export interface BootClockOptions {
  /** As last saved. */
  state?: ClockState;
  /** Id of the first ack of a boot that was never saved: different stores give different ones. */
  firstAckId?: number;
  /** The agent's wall clock: monotonic ms plus an offset that changes only when that clock is set. */
  toEpochMs(monotonicMs: number): number;
  /** Names the time in which the monotonic clock goes on; absent where nobody knows. */
  machineBoot?: string | undefined;
}

/** Whether a crash would take from the segment what is worth a save. */
const isMissed = (segment: Segment, saved: Segment | undefined): boolean => {
  const newest = segment.notAfter.at(-1);
  const savedNewest = saved?.notAfter.at(-1);
  if (!saved || !savedNewest || !newest) return newest !== undefined;
  return (
    segment.afterUptimeMs !== saved.afterUptimeMs ||
    (segment.roundTripMs !== null && saved.roundTripMs === null) ||
    newest.uptimeMs - savedNewest.uptimeMs >= saveAfterUptimeMs ||
    (newest.uptimeMs === savedNewest.uptimeMs && newest.epochMs !== savedNewest.epochMs)
  );
};

/** To the ms: what is less is no step. */
const wallOf = (
  offsetMs: number | undefined,
  machineBoot: string | undefined,
): Pick<ClockState, "wall"> =>
  offsetMs === undefined || machineBoot === undefined
    ? {}
    : { wall: { machineBoot, offsetMs: Math.round(offsetMs) } };

/** How far the wall clock was ahead as the boot was saved; undefined where another machine, or start of it, saved it. */
const savedOffsetMs = ({ state, machineBoot }: BootClockOptions): number | undefined =>
  state?.wall?.machineBoot === machineBoot ? state?.wall?.offsetMs : undefined;

/** Follows the wall clock, as a step of it is a new segment. */
const createFollower = (
  { state }: BootClockOptions,
  axis: WallAxis,
  { current, goOnIn }: Segments,
): ((arrivalMs: number) => void) => {
  /** The machine has started anew, or is another: nobody knows how its wall clock was set meanwhile. */
  let isInterrupted = state?.wall !== undefined && axis.offsetMs() === undefined;
  return (arrivalMs) => {
    if (isInterrupted) goOnIn(freshSegment(current()));
    isInterrupted = false;
    const stepMs = axis.follow(arrivalMs);
    if (stepMs !== 0) goOnIn(shiftSegment(current(), stepMs));
  };
};

/** Creates the clock of a boot, or goes on with it after a restart of the agent. */
export const createBootClock = (options: BootClockOptions): BootClock => {
  const { toEpochMs, machineBoot } = options;
  const segments = createSegments(options.state?.segments);
  const { current, goOnIn } = segments;
  const axis = createWallAxis(toEpochMs, savedOffsetMs(options));
  const ackIds = createAckIds(options.state?.ackCeiling ?? options.firstAckId ?? 1);
  const returned = createReturnedAcks(ackIds, axis);
  let placed = options.state?.placed;
  let isOver = options.state?.isOver;
  let isShared = options.state?.isShared;
  let savedCurrent = options.state?.segments.at(-1);

  const isSet = (): boolean => placed !== undefined || current().notAfter.length > 0;

  const followWallClock = createFollower(options, axis, segments);

  return {
    ackSent: (sentMs) => ackIds.give(sentMs),
    ackSentAt: ackIds.sentAt,
    observe: (timing) => {
      followWallClock(timing.arrivalMs);
      const frame = { uptimeMs: timing.sendUptimeMs, epochMs: toEpochMs(timing.arrivalMs) };
      const ack = returned.take(timing, current());
      goOnIn(learnFrame(current(), frame));
      if (ack && ack.uptimeMs <= frame.uptimeMs) goOnIn(learnAck(current(), ack, frame));
    },
    observeEnd: ({ arrivalMs, lastUptimeMs, endedAgoMs }) => {
      if (!isSet()) {
        placed = { endMs: toEpochMs(arrivalMs) - endedAgoMs, durationMs: lastUptimeMs };
      }
      if (placed !== undefined) return;
      if (!isOver) followWallClock(arrivalMs);
      const sent = { uptimeMs: endedAgoMs, epochMs: axis.epochMs(arrivalMs) };
      const end = { uptimeMs: lastUptimeMs, epochMs: latestAt(0, sent) };
      const newest = current().notAfter.at(-1);
      const isKnown = newest?.uptimeMs === lastUptimeMs && newest.epochMs <= end.epochMs;
      if (!isOver || !isKnown) goOnIn(learnFrame(current(), end));
      isOver = true;
    },
    doubts: (timing) => returned.doubts(timing, current()),
    refutes: (timing) => returned.refutes(timing, current()),
    share: () => {
      isShared = true;
    },
    isSet,
    stamp: (uptimeMs) => {
      if (!isSet()) throw new Error(`Cannot stamp uptime ${uptimeMs}: no frame was observed`);
      if (placed !== undefined) {
        return { epochMs: placedAt(placed, uptimeMs), errorMs: null, quality: "placed" };
      }
      const segment = segments.at(uptimeMs);
      const { epochMs, errorMs } = readAt(segment ?? segments.oldest(), uptimeMs);
      return errorMs === null || !segment || isShared
        ? { epochMs, errorMs: null, quality: "estimated" }
        : { epochMs, errorMs, quality: "synced" };
    },
    state: () => ({
      ackCeiling: ackIds.wantedCeiling(),
      segments: segments.copies(),
      ...(placed === undefined ? {} : { placed }),
      ...(isOver === undefined ? {} : { isOver }),
      ...(isShared === undefined ? {} : { isShared }),
      ...wallOf(axis.offsetMs(), machineBoot),
    }),
    noteSaved: (saved) => {
      ackIds.noteSaved(saved.ackCeiling);
      savedCurrent = saved.segments.at(-1);
    },
    isSaveDue: () => ackIds.isLow() || isMissed(current(), savedCurrent),
  };
};
