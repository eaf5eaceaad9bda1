import { decodeAck } from "../shared/codec/downlink.ts";
import type { Ack } from "../shared/downlink.ts";
import type { Boot } from "../shared/frame.ts";
import { callWithin, cancelDeadline, createDeadline } from "./deadline.ts";
import type { HeldFrame } from "./held-frame.ts";
import type { Outbox } from "./outbox.ts";
import { createSender } from "./sender.ts";
import type { Setup } from "./setup.ts";

/** Sends the outbox's frames in seq order, retires them on ack, sends again what got none. */
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

/** How long an ack may take before its frame is sent again: the first time, and at most. */
const firstPatienceMs = 4_000;
const patienceLimitMs = 64_000;

/** The longest pause an ack can ask for: a damaged one must not silence a device. */
const holdLimitMs = 300_000;

/** No frame is sent again sooner, whatever acks come: they may have crossed it on their way. */
const roundTripMs = 1_000;

export const createUplink = (setup: Setup, options: UplinkOptions): Uplink => {
  const platform = setup.platform;
  const sender = createSender(setup);
  const outbox = options.outbox;
  const frames = outbox.frames;
  /** Frames at the outbox's front that are under way. */
  let inFlight = 0;
  let patienceMs = firstPatienceMs;
  let isHeld = false;
  let storeId = 0;

  const hasNext = (): boolean => inFlight < frames.length || options.sealDue();
  const pump = (): void => {
    while (!isHeld && inFlight < setup.windowLimit && setup.link.isReady() && hasNext()) {
      callWithin(overdue, patienceMs);
      sender.send(frames[inFlight++] as HeldFrame, (frames[0] as HeldFrame).first);
    }
  };
  const rewind = (): void => {
    cancelDeadline(overdue);
    inFlight = 0;
  };
  const overdue = createDeadline(platform, () => {
    patienceMs = Math.min(patienceLimitMs, patienceMs * 2);
    rewind();
    pump();
  });
  const held = createDeadline(platform, () => {
    isHeld = false;
    pump();
  });
  const hold = (busyMs: number): void => {
    cancelDeadline(held);
    isHeld = busyMs > 0;
    if (isHeld) callWithin(held, Math.min(holdLimitMs, busyMs));
  };
  const progress = (retired: number): void => {
    inFlight = Math.max(0, inFlight - retired);
    patienceMs = firstPatienceMs;
    cancelDeadline(overdue);
    if (inFlight > 0) callWithin(overdue, patienceMs);
  };
  return {
    pump,
    pause: rewind,
    restart() {
      patienceMs = firstPatienceMs;
      rewind();
      pump();
    },
    receive(payload) {
      const ack = ackFor(setup.boot(), payload);
      const first = frames[0];
      if (!ack) return;
      const held = setup.table.held();
      sender.acked(ack);
      // Another store cannot read what rests on definitions that the one before had.
      const isUnreadable = ack.storeId !== storeId && setup.table.held() < held;
      storeId = ack.storeId;
      hold(ack.busyMs);
      if (ack.command) setup.onCommand(ack.command);
      if (!first) return;
      const isLost = ack.next === first.first && inFlight > 1;
      const retired = outbox.retire(ack.next);
      if (retired > 0) progress(retired);
      else if (isLost && platform.uptimeMs() - first.sentAtMs >= roundTripMs) rewind();
      if (isUnreadable) rewind();
      pump();
      if (frames.length === 0) options.onEmpty();
    },
  };
};

/** The ack in a message of the agent, null where it is another boot's or none at all. */
const ackFor = (boot: Boot, payload: Uint8Array): Ack | null => {
  const decoded = decodeAck(payload);
  if (!decoded.ok) return null;
  const theirs = decoded.ack.boot;
  return theirs.nonce === boot.nonce && theirs.number === boot.number ? decoded.ack : null;
};
