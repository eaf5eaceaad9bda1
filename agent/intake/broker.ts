import type { PublishPacket } from "aedes";
import { defaultPrefix } from "../../shared/topic.ts";
import { createBypass } from "./broker/bypass.ts";
import { createCredentials } from "./broker/credentials.ts";
import { createFleet } from "./broker/fleet.ts";
import { type MqttServerOptions, serveMqtt } from "./broker/mqtt-server.ts";
import type { Intake, IntakeEvents } from "./intake.ts";

export interface BrokerOptions extends Omit<MqttServerOptions, "rules" | "onLeft" | "bypass"> {
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
  const bypass = createBypass({ prefix, sourceOf: fleet.framesOf, take: fleet.take });
  const onLeft = fleet.leave;
  const served = await serveMqtt({ ...options, rules: fleet.rules, onLeft, bypass });
  return {
    url: served.url,
    send: bypass.send,
    isConnected: (device) => fleet.speakerOf(device) !== undefined,
    hush(device, forMs) {
      const speaker = fleet.speakerOf(device);
      if (speaker !== undefined) served.hush(speaker, forMs);
    },
    stop: served.stop,
  };
};
