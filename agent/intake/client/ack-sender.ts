import type { MqttClient } from "mqtt";
import { topicOf } from "../../../shared/topic.ts";
import type { Time } from "../../time.ts";
import type { Pace } from "./pace.ts";
import { createWaitingAcks } from "./waiting-acks.ts";

export interface AckSenderOptions {
  prefix: string;
  /** Null while there is no connection. */
  client(): Pick<MqttClient, "publish" | "stream"> | null;
  pace: Pace;
  time: Time;
  /** Acks that may wait; beyond that the oldest give way. */
  limit: number;
  /** An ack gave way. */
  onGivenUp(): void;
}

/** Sends acks at QoS 0, as fast as the connection takes them and its limits allow. */
export interface AckSender {
  /** Waits at least one turn of the event loop, so that of acks for one boot one leaves. */
  send(device: string, payload: Uint8Array): void;
  /** The connection may take more. */
  pump(): void;
  stop(): void;
}

export const createAckSender = (options: AckSenderOptions): AckSender => {
  const { prefix, client, pace, time, limit, onGivenUp } = options;
  const waiting = createWaitingAcks(limit);
  /** The socket whose drain is waited for. */
  let full: MqttClient["stream"] | null = null;
  let isPumpDue = false;
  let cancelWait: (() => void) | null = null;

  const awaitDrain = (stream: MqttClient["stream"]): void => {
    if (full === stream) return;
    full = stream;
    stream.once("drain", () => {
      if (full === stream) full = null;
      pump();
    });
  };
  const awaitPace = (waitMs: number): void => {
    cancelWait ??= time.after(waitMs, () => {
      cancelWait = null;
      pump();
    });
  };
  const pump = (): void => {
    const now = client();
    while (now !== null && waiting.count() > 0) {
      if (now.stream.writableNeedDrain) {
        awaitDrain(now.stream);
        return;
      }
      const waitMs = pace.waitMs();
      if (waitMs > 0) {
        awaitPace(waitMs);
        return;
      }
      const ack = waiting.take();
      if (ack === undefined) return;
      pace.went();
      now.publish(topicOf(prefix, ack.device, "down"), ack.payload, { qos: 0 });
    }
  };
  return {
    pump,
    send(device, payload) {
      if (!waiting.add({ device, payload: Buffer.from(payload) })) onGivenUp();
      if (isPumpDue) return;
      isPumpDue = true;
      setImmediate(() => {
        isPumpDue = false;
        pump();
      });
    },
    stop() {
      cancelWait?.();
      cancelWait = null;
    },
  };
};
