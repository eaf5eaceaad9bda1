import { encodeSealed } from "../shared/codec/encode.ts";
import type { Rested } from "../shared/codec/head.ts";
import type { Ack } from "../shared/downlink.ts";
import type { DropReason } from "../shared/event.ts";
import type { Boot, FrameHeader } from "../shared/frame.ts";
import { callWithin, cancelDeadline, createDeadline, type Deadline } from "./deadline.ts";
import { type HeldFrame, isShed, isTombstone, splitRun } from "./held-frame.ts";
import type { EarlierBoot } from "./journal/journal.ts";
import type { Setup } from "./setup.ts";

/** Where a lane has its frames from. */
export interface Source {
  boot: () => Boot;
  /** In seq order, tombstones among them. For reading. */
  frames: HeldFrame[];
  /** Forgets frames that were sent and lie wholly below `next`; answers how many. */
  retire(next: number): number;
  /** Leaves of a frame only its seqs, and why the rest is lost. */
  bury(frame: HeldFrame, reason: DropReason): void;
  /** The boot whose frames these are; null for this one. */
  earlier: EarlierBoot | null;
}

/** Frames of one boot on their way. With functions beside it, of which a board pays each once. */
export interface Lane extends Source {
  setup: Setup;
  /** Frames at the front that are under way. */
  inFlight: number;
  patienceMs: number;
  overdue: Deadline;
  /** Of the last ack. */
  storeId: number;
  ackId: number;
  ackUptimeMs: number;
  definitions: number;
  /** Whether an agent at ease has answered since the front was sent. */
  isHeard: boolean;
  /** How often the front was sent in vain, though one had. */
  refusals: number;
  /** Uptime of the first of these sendings. */
  refusedSinceMs: number;
}

/** How long an ack may take before its frame is sent again: the first time, and at most. */
export const firstPatienceMs = 4_000;
const patienceLimitMs = 64_000;

/** No frame is sent again sooner, whatever acks come: they may have crossed it on their way. */
const roundTripMs = 1_000;

/** A frame that was sent so often in vain, while others were answered, is given up. */
const refusalLimit = 8;

/** No frame is given up sooner after it was first sent: a disturbed line may let only short messages through for a while. */
const refusalAfterMs = 64_000;

/** `onOverdue` is told when frames are to be sent again. */
export const createLane = (setup: Setup, source: Source, onOverdue: () => void): Lane => {
  const lane: Lane = {
    setup,
    boot: source.boot,
    frames: source.frames,
    retire: source.retire,
    bury: source.bury,
    earlier: source.earlier,
    inFlight: 0,
    patienceMs: firstPatienceMs,
    overdue: createDeadline(setup.platform, () => {
      lane.patienceMs = Math.min(patienceLimitMs, lane.patienceMs * 2);
      lane.inFlight = 0;
      onOverdue();
    }),
    storeId: 0,
    ackId: 0,
    ackUptimeMs: 0,
    definitions: 0,
    isHeard: false,
    refusals: 0,
    refusedSinceMs: 0,
  };
  return lane;
};

/** What flash has of a frame, or else brings no names; null for a body that names by this boot's table. */
const restedOf = (lane: Lane, frame: HeldFrame): Rested | null => {
  const journal = lane.setup.journal;
  const needs = lane.definitions;
  if (journal && isShed(frame)) {
    const body = journal.read((frame.stored as number[])[0] as number);
    if (body) {
      frame.body.format = body.format;
      return { body, needs };
    }
    lane.bury(frame, "unreadable");
  }
  if (!lane.earlier) return null;
  const bytes = frame.body.bytes;
  return { body: { format: frame.body.format, bytes, numbers: [], meanings: [] }, needs };
};

/** Puts the outer header before a frame, as of now, and publishes it. */
const publish = (lane: Lane, frame: HeldFrame): void => {
  const setup = lane.setup;
  const earlier = lane.earlier;
  const uptimeMs = setup.platform.uptimeMs();
  const rested = restedOf(lane, frame);
  if (frame.sends++ > 0) setup.tally.resent++;
  else setup.tally.sent += frame.events;
  frame.sentAtMs = uptimeMs;
  const header: FrameHeader = {
    boot: lane.boot(),
    base: (lane.frames[0] as HeldFrame).first,
    first: frame.first,
    count: frame.body.count,
    sendUptimeMs: earlier ? earlier.durationMs : uptimeMs,
    ackId: lane.ackId,
    ackUptimeMs: lane.ackId > 0 ? lane.ackUptimeMs : uptimeMs,
  };
  if (earlier) header.endedAgoMs = uptimeMs + earlier.betweenMs;
  const payload = encodeSealed(header, frame.body, setup.table, rested);
  setup.link.publish(setup.topic("up"), payload, false);
};

/** Sends the next frame, if there is one and the window lets it. */
export const sendNext = (lane: Lane): boolean => {
  const frames = lane.frames;
  const windowLimit = lane.earlier ? 1 : lane.setup.windowLimit;
  if (lane.inFlight >= Math.min(windowLimit, frames.length)) return false;
  splitRun(frames, lane.inFlight);
  const frame = frames[lane.inFlight] as HeldFrame;
  if (lane.inFlight++ === 0) {
    if (frame.sends > 0 && lane.isHeard) {
      if (lane.refusals === 0) lane.refusedSinceMs = frame.sentAtMs;
      lane.refusals++;
    }
    const refusedMs = lane.setup.platform.uptimeMs() - lane.refusedSinceMs;
    const isRefused = lane.refusals >= refusalLimit && refusedMs >= refusalAfterMs;
    if (isRefused && !isTombstone(frame)) lane.bury(frame, "refused");
    lane.isHeard = false;
  }
  callWithin(lane.overdue, lane.patienceMs);
  publish(lane, frame);
  return true;
};

/** Frees what an ack of the lane's boot covers, and finds what is to be sent again. */
export const takeAck = (lane: Lane, ack: Ack): void => {
  const setup = lane.setup;
  const first = lane.frames[0];
  const known = lane.definitions;
  if (!lane.earlier) setup.table.acked(ack.definitions);
  lane.definitions = lane.earlier ? ack.definitions : setup.table.held();
  lane.ackId = ack.ackId;
  lane.ackUptimeMs = setup.platform.uptimeMs();
  // Another store cannot read what rests on definitions that the one before had.
  const isUnreadable = ack.storeId !== lane.storeId && lane.definitions < known;
  lane.storeId = ack.storeId;
  if (!first) return;
  const retired = lane.retire(ack.next);
  const isLost =
    ack.next === first.first &&
    lane.inFlight > 1 &&
    lane.ackUptimeMs - first.sentAtMs >= roundTripMs;
  lane.inFlight = isLost || isUnreadable ? 0 : Math.max(0, lane.inFlight - retired);
  if (retired > 0) {
    lane.patienceMs = firstPatienceMs;
    lane.refusals = 0;
  }
  if (retired > 0 || lane.inFlight === 0) cancelDeadline(lane.overdue);
  if (lane.inFlight > 0) callWithin(lane.overdue, lane.patienceMs);
};
