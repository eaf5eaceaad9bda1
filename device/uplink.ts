import { decodeAck } from "../shared/codec/downlink.ts";
import { callWithin, cancelDeadline, createDeadline } from "./deadline.ts";
import { beginAnew, createLane, type Lane, noteAnswer, sendNext, takeAck } from "./lane.ts";
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
  let turn = 0;
  /** Flash may hold earlier boots besides those on their way. */
  let hasEarlier = setup.journal !== null;

  /** Sees to it that the oldest of the earlier boots has a lane. */
  const findEarlier = (): void => {
    const left = lanes[1];
    if (left && left.held.frames.length === 0) lanes.pop();
    if (!hasEarlier || lanes.length > 1) return;
    const lane = createReplay(setup, pump);
    if (lane) lanes.push(lane);
    else hasEarlier = false;
  };
  const pump = (): void => {
    findEarlier();
    for (let idle = 0; idle < lanes.length && !isHeld && setup.link.isReady(); ) {
      turn = (turn + 1) % lanes.length;
      const lane = lanes[turn] as Lane;
      const frames = lane.held.frames;
      if (turn === 0 && lane.inFlight === frames.length && lane.inFlight < setup.windowLimit) {
        options.sealDue();
      }
      idle = sendNext(lane) ? 0 : idle + 1;
    }
  };
  /** Of this boot; then, while there is one, of the oldest that left something. */
  const lanes: Lane[] = [
    createLane(setup, setup.boot, outbox, null, () => {
      outbox.makeRoom(0);
      pump();
    }),
  ];
  const pause = (): void => {
    for (let index = 0; index < lanes.length; index++) beginAnew(lanes[index] as Lane);
    outbox.makeRoom(0);
  };
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
    pause,
    restart() {
      pause();
      pump();
    },
    receive(payload) {
      const decoded = decodeAck(payload);
      if (!decoded.ok) return;
      const ack = decoded.ack;
      const hadFrames = outbox.frames.length > 0;
      let taker = -1;
      for (let index = 0; index < lanes.length; index++) {
        if (takeAck(lanes[index] as Lane, ack)) taker = index;
      }
      if (taker < 0) return;
      for (let index = 0; index < lanes.length; index++) noteAnswer(lanes[index] as Lane, ack);
      hold(ack.busyMs);
      if (ack.command && taker === 0) setup.onCommand(ack.command);
      pump();
      if (hadFrames && outbox.frames.length === 0) options.onEmpty();
    },
  };
};
