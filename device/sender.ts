import { encodeSealed } from "../shared/codec/encode.ts";
import type { Ack } from "../shared/downlink.ts";
import type { HeldFrame } from "./held-frame.ts";
import type { Setup } from "./setup.ts";

/** Puts the outer header before a frame, as of now, and publishes it. */
export interface Sender {
  /** `base`: lowest seq that is still held. */
  send(frame: HeldFrame, base: number): void;
  /** Frames name the last ack and when it came: that is how the agent learns the time. */
  acked(ack: Ack): void;
}

export const createSender = (setup: Setup): Sender => {
  const topic = setup.topic("up");
  let ackId = 0;
  let ackUptimeMs = 0;

  return {
    send(frame, base) {
      const sendUptimeMs = setup.platform.uptimeMs();
      if (frame.sends++ > 0) setup.tally.resent++;
      else setup.tally.sent += frame.events;
      frame.sentAtMs = sendUptimeMs;
      const header = {
        boot: setup.boot(),
        base,
        first: frame.first,
        count: frame.body.count,
        sendUptimeMs,
        ackId,
        ackUptimeMs: ackId > 0 ? ackUptimeMs : sendUptimeMs,
      };
      setup.link.publish(topic, encodeSealed(header, frame.body, setup.table), false);
    },
    acked(ack) {
      setup.table.acked(ack.definitions);
      ackId = ack.ackId;
      ackUptimeMs = setup.platform.uptimeMs();
    },
  };
};
