import { connect } from "mqtt";
import { type Channel, topicOf } from "../../shared/topic.ts";
import { messageOf } from "../errors.ts";

export interface UpstreamOptions {
  /** `mqtt://`, `mqtts://`, `ws://` or `wss://` of the broker. */
  url: string;
  prefix: string;
  /** Id of the device that the connection is for. */
  device: string;
  /** Pause between tries to connect again; 1 s by default. */
  reconnectPauseMs?: number | undefined;
  /** The connection stands, and what is sent to the device arrives. */
  onUp(): void;
  onDown(): void;
  /** A message for the device. */
  onMessage(payload: Buffer): void;
  onTrouble(message: string): void;
}

/** A device's connection to the broker, which says `offline` for it when the connection breaks. */
export interface Upstream {
  /** False where it had to be given up: there is no connection, or it takes no more for now. */
  publish(channel: Channel, payload: Buffer): boolean;
  /** Says `offline`, and ends. */
  end(): Promise<void>;
}

export const createUpstream = (options: UpstreamOptions): Upstream => {
  const topic = (channel: Channel): string => topicOf(options.prefix, options.device, channel);
  const will = { topic: topic("state"), payload: Buffer.from("offline"), qos: 1, retain: true };
  const client = connect(options.url, {
    clientId: options.device,
    will: will as typeof will & { qos: 1 },
    reconnectPeriod: options.reconnectPauseMs ?? 1_000,
    reconnectOnConnackError: true,
    resubscribe: false,
    queueQoSZero: false,
  });
  let isUp = false;

  const say = (payload: string): void => {
    client.publish(topic("state"), payload, { qos: 0, retain: true });
  };
  client.on("connect", () => {
    client.subscribe(topic("down"), { qos: 0 }, (error, granted) => {
      if (error !== null || granted?.some(({ qos }) => qos >= 128)) {
        options.onTrouble(`Broker refuses to let us subscribe to "${topic("down")}"`);
        return;
      }
      isUp = true;
      say("online");
      options.onUp();
    });
  });
  client.on("close", () => {
    if (isUp) options.onDown();
    isUp = false;
  });
  client.on("message", (from, payload) => {
    if (from === topic("down")) options.onMessage(payload);
  });
  client.on("error", (error) => options.onTrouble(`Broker failed: ${messageOf(error)}`));
  return {
    publish(channel, payload) {
      if (!isUp || client.stream.writableNeedDrain) return false;
      client.publish(topic(channel), payload, { qos: 0, retain: channel === "state" });
      return true;
    },
    async end() {
      if (isUp) say("offline");
      isUp = false;
      await client.endAsync(!client.connected);
    },
  };
};
