import { decodeAck } from "../shared/codec/downlink.ts";
import { encodeSealed } from "../shared/codec/encode.ts";
import type { Ack } from "../shared/downlink.ts";
import { bootText } from "../shared/frame.ts";
import { createDeadline } from "./deadline.ts";
import type { HeldFrame } from "./held-frame.ts";
import type { Outbox } from "./outbox.ts";
import { createPace } from "./pace.ts";
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

export const createUplink = (setup: Setup, options: UplinkOptions): Uplink => {
  const platform = setup.platform;
  const link = setup.link;
  const topic = setup.topic("up");
  const outbox = options.outbox;
  const frames = outbox.frames;
  const pace = createPace();
  let lastAck = { ackId: 0, uptimeMs: 0 };
  /** Frames at the outbox's front that are under way. */
  let inFlight = 0;
  let isPumping = false;

  const send = (frame: HeldFrame): void => {
    const uptimeMs = platform.uptimeMs();
    if (frame.sends++ > 0) setup.tally.resent++;
    else setup.tally.sent += frame.events;
    frame.sentAtMs = uptimeMs;
    const header = {
      boot: setup.boot(),
      base: (frames[0] as HeldFrame).first,
      first: frame.first,
      count: frame.body.count,
      sendUptimeMs: uptimeMs,
      ackId: lastAck.ackId,
      ackUptimeMs: lastAck.ackId > 0 ? lastAck.uptimeMs : uptimeMs,
    };
    link.publish(topic, encodeSealed(header, frame.body), false);
  };
  const hasNext = (): boolean => inFlight < frames.length || options.sealDue();
  const pump = (): void => {
    if (isPumping) return;
    isPumping = true;
    const uptimeMs = platform.uptimeMs();
    while (!pace.isHeld(uptimeMs) && inFlight < setup.windowFrames && link.isReady()) {
      if (!hasNext()) break;
      if (inFlight === 0) pace.started(uptimeMs);
      send(frames[inFlight++] as HeldFrame);
    }
    isPumping = false;
    deadline.cancel();
    const waitMs = pace.waitMs(uptimeMs, inFlight > 0);
    if (waitMs !== null && link.isConnected()) deadline.within(waitMs);
  };
  const deadline = createDeadline(platform, () => {
    if (inFlight > 0 && pace.isOverdue(platform.uptimeMs())) {
      pace.slowDown();
      inFlight = 0;
    }
    pump();
  });
  const take = (ack: Ack): void => {
    const uptimeMs = platform.uptimeMs();
    const first = frames[0];
    lastAck = { ackId: ack.ackId, uptimeMs };
    pace.hold(uptimeMs, ack.busyMs);
    if (!first) return;
    const retired = outbox.retire(ack.next);
    inFlight = Math.max(0, inFlight - retired);
    if (retired > 0) pace.progressed(uptimeMs, first);
    else if (ack.next === first.first && inFlight > 1 && pace.isLost(uptimeMs, first)) inFlight = 0;
    pump();
    if (!frames.length) options.onEmpty();
  };
  return {
    pump,
    restart() {
      inFlight = 0;
      pace.reset();
      pump();
    },
    pause() {
      inFlight = 0;
      deadline.cancel();
    },
    receive(payload) {
      const decoded = decodeAck(payload);
      if (decoded.ok && bootText(decoded.ack.boot) === bootText(setup.boot())) take(decoded.ack);
    },
  };
};
