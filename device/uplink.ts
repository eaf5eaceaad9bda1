import { decodeAck } from "../shared/codec/downlink.ts";
import type { Boot } from "../shared/frame.ts";
import { callWithin, cancelDeadline, createDeadline } from "./deadline.ts";
import { createLane, firstPatienceMs, type Lane, sendNext, takeAck } from "./lane.ts";
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
  /** Another boot begins: of the one before nothing is under way, and no ack is known. */
  renew(): void;
  /** A new connection: nothing sent before it counts as under way. */
  restart(): void;
  /** The connection is gone, or the device goes to sleep: no timer runs from then on. */
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

const laneOf = (lanes: Lane[], boot: Boot): Lane | undefined =>
  lanes.filter((lane) => {
    const own = lane.boot();
    return own.nonce === boot.nonce && own.number === boot.number;
  })[0];

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a board pays 6 variables for each function that a loop calls
export const createUplink = (setup: Setup, options: UplinkOptions): Uplink => {
  const outbox = options.outbox;
  let isHeld = false;
  let turn = 0;
  /** Flash may hold earlier boots besides those on their way. */
  let hasEarlier = setup.journal !== null;

  const pump = (): void => {
    if (isHeld) callWithin(held, Math.max(0, held.atMs - setup.platform.uptimeMs()));
    outbox.makeRoom(0);
    if (lanes.length > 1 && (lanes[1] as Lane).frames.length === 0) lanes.pop();
    if (lanes.length < 2 && hasEarlier) {
      const earlier = createReplay(setup, pump);
      if (earlier) lanes.push(earlier);
      hasEarlier = earlier !== null;
    }
    for (let idle = 0; idle < lanes.length && !isHeld && setup.link.isReady(); ) {
      turn = (turn + 1) % lanes.length;
      const lane = lanes[turn] as Lane;
      const isNext = turn === 0 && lane.inFlight === lane.frames.length;
      if (isNext && lane.inFlight < setup.windowLimit) options.sealDue();
      idle = sendNext(lane) ? 0 : idle + 1;
    }
  };
  /** Of this boot; then, while there is one, of the oldest that left something. */
  const lanes: Lane[] = [
    createLane(
      setup,
      {
        boot: setup.boot,
        frames: outbox.frames,
        retire: outbox.retire,
        bury: outbox.bury,
        earlier: null,
      },
      pump,
    ),
  ];
  const pause = (): void => {
    for (let index = 0; index < lanes.length; index++) {
      const lane = lanes[index] as Lane;
      lane.patienceMs = firstPatienceMs;
      lane.isHeard = false;
      lane.inFlight = 0;
      cancelDeadline(lane.overdue);
    }
    cancelDeadline(held);
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
    renew() {
      const live = lanes[0] as Lane;
      pause();
      lanes.splice(1, 1);
      hasEarlier = setup.journal !== null;
      live.storeId = live.ackId = live.ackUptimeMs = live.definitions = live.refusals = 0;
    },
    restart() {
      pause();
      pump();
    },
    receive(payload) {
      const decoded = decodeAck(payload);
      if (!decoded.ok) return;
      const ack = decoded.ack;
      const hadFrames = outbox.frames.length > 0;
      const lane = laneOf(lanes, ack.boot);
      if (!lane) return;
      takeAck(lane, ack);
      // Any boot's ack shows that the agent answers; one that asks for a pause, that it may not.
      for (let index = 0; index < lanes.length; index++) {
        const other = lanes[index] as Lane;
        other.isHeard = ack.busyMs === 0;
        if (!other.isHeard) other.refusals = 0;
      }
      hold(ack.busyMs);
      if (ack.command && lane === lanes[0]) setup.onCommand(ack.command);
      pump();
      if (hadFrames && outbox.frames.length === 0) options.onEmpty();
      const isIdle = lanes.length === 1 && outbox.frames.length === 0;
      if (isIdle && setup.link.rest) setup.link.rest(false);
    },
  };
};
