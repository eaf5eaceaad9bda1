import type { PublishPacket } from "aedes";
import { defaultPrefix, topicOf } from "../../shared/topic.ts";
import { createCredentials } from "./credentials.ts";
import { createFleet } from "./fleet.ts";
import type { Intake, IntakeEvents } from "./intake.ts";
import { type MqttServerOptions, serveMqtt } from "./mqtt-server.ts";

export interface BrokerOptions extends Omit<MqttServerOptions, "rules" | "onLeft"> {
  prefix?: string;
  /** File of names and hashes of passwords; without it everyone is welcome. */
  passwords?: string | undefined;
  events: IntakeEvents;
}

/**
 * The embedded MQTT broker. Devices may publish frames and presence and listen on their own topic;
 * nothing else. Sessions end with their connections. Rejects with `BROKER_LISTEN`, or
 * `PASSWORDS_UNREADABLE`.
 */
export const createBroker = async (options: BrokerOptions): Promise<Intake> => {
  const { events, metrics, passwords, prefix = defaultPrefix, time } = options;
  const { onTrouble } = events;
  const credentials =
    passwords === undefined
      ? undefined
      : await createCredentials({ path: passwords, time, onTrouble });
  const send = (packet: PublishPacket): void => served.broker.publish(packet, () => {});
  const fleet = createFleet({ prefix, events, metrics, credentials, publish: send });
  const served = await serveMqtt({ ...options, rules: fleet.rules, onLeft: fleet.leave });
  return {
    url: served.url,
    send(device, payload) {
      const topic = topicOf(prefix, device, "down");
      const bytes = Buffer.from(payload);
      send({ cmd: "publish", topic, payload: bytes, qos: 0, retain: false, dup: false });
    },
    isConnected: (device) => fleet.speakerOf(device) !== undefined,
    hush(device, forMs) {
      const speaker = fleet.speakerOf(device);
      if (speaker !== undefined) served.hush(speaker, forMs);
    },
    stop: served.stop,
  };
};
