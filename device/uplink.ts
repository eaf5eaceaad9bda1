import { decodeAck } from "../shared/codec/downlink.ts";
import { callWithin, cancelDeadline, createDeadline } from "./deadline.ts";
import {
  beginAnew,
  createLane,
  isOf,
  type Lane,
  noteAnswer,
  rewind,
  sendNext,
  takeAck,
} from "./lane.ts";
import type { Outbox } from "./outbox.ts";
import { createReplay } from "./replay.ts";
import type { Setup } from "./setup.ts";

/**
 * Sends the outbox's frames in seq order, retires them on ack, sends again what got none. Beside them,
 * one at a time, what flash holds of earlier boots: the two take turns.
 */
export interface Uplink {
  /** Sends what may be sent now. */
  pump(): void;
  /** A new connection: nothing sent before it counts as under way. */
  restart(): void;
  /** The connection is gone. */
  pause(): void;
  /** Takes a message of the agent, whatever its bytes. */
  receive(payload: Uint8Array): void;
}

export interface UplinkOptions {
  outbox: Outbox;
  /** Seals an open frame that is due; false where there is none. */
  sealDue: () => boolean;
  /** Told when an ack has emptied the outbox. */
  onEmpty: () => void;
}

/** The longest pause an ack can ask for: a damaged one must not silence a device. */
const holdLimitMs = 300_000;

export const createUplink = (setup: Setup, options: UplinkOptions): Uplink => {
  const outbox = options.outbox;
  let isHeld = false;
  let isOldsTurn = false;

  const sendLive = (): boolean => {
    const isNext = live.inFlight === outbox.frames.length && live.inFlight < live.windowLimit;
    if (isNext) options.sealDue();
    return sendNext(live);
  };
  const pump = (): void => {
    while (!isHeld && setup.link.isReady()) {
      isOldsTurn = !isOldsTurn;
      const isSent = (isOldsTurn && old && sendNext(old)) || sendLive() || (old && sendNext(old));
      if (!isSent) return;
    }
  };
  const resend = (): void => {
    outbox.makeRoom(0);
    pump();
  };
  const live = createLane(setup, outbox, null, resend);
  let old: Lane | null = createReplay(setup, pump);
  const held = createDeadline(setup.platform, () => {
    isHeld = false;
    pump();
  });
  const hold = (busyMs: number): void => {
    cancelDeadline(held);
    isHeld = busyMs > 0;
    if (isHeld) callWithin(held, Math.min(holdLimitMs, busyMs));
  };
  return {
    pump,
    pause() {
      rewind(live);
      if (old) rewind(old);
      outbox.makeRoom(0);
    },
    restart() {
      beginAnew(live);
      if (old) beginAnew(old);
      pump();
    },
    receive(payload) {
      const decoded = decodeAck(payload);
      if (!decoded.ok) return;
      const ack = decoded.ack;
      const lane = isOf(live, ack) ? live : old;
      if (!lane || !isOf(lane, ack)) return;
      const wasEmpty = outbox.frames.length === 0;
      hold(ack.busyMs);
      takeAck(lane, ack);
      if (old && old.held.frames.length === 0) old = createReplay(setup, pump);
      noteAnswer(live, ack);
      if (old) noteAnswer(old, ack);
      pump();
      if (lane === live && !wasEmpty && outbox.frames.length === 0) options.onEmpty();
    },
  };
};
