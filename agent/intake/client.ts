import { connectAsync, type MqttClient } from "mqtt";
import { defaultPrefix, fleetFilter, parseTopic, topicOf } from "../../shared/topic.ts";
import { AgentError, messageOf } from "../errors.ts";
import { type Intake, type IntakeEvents, messageToEvents } from "./intake.ts";

export interface BrokerClientOptions {
  /** `mqtt://`, `mqtts://`, `ws://` or `wss://` of the broker. */
  url: string;
  username?: string | undefined;
  password?: string | undefined;
  prefix?: string;
  events: IntakeEvents;
}

/** A connection to a broker that runs elsewhere. Rejects with `BROKER_CONNECT`. */
export const createBrokerClient = async (options: BrokerClientOptions): Promise<Intake> => {
  const { events, url, prefix = defaultPrefix } = options;
  const client = await connect(options);
  client.on("message", (topic, payload) => {
    messageToEvents(events, parseTopic(prefix, topic), payload);
  });
  client.on("error", (error) => events.onTrouble(`Broker "${url}" failed: ${error.message}`));
  client.on("offline", () => events.onTrouble(`Broker "${url}" is gone, trying again`));
  await client.subscribeAsync([fleetFilter(prefix, "up"), fleetFilter(prefix, "state")], {
    qos: 1,
  });
  return {
    url,
    send(device, payload) {
      if (!client.connected) return;
      client.publish(topicOf(prefix, device, "down"), Buffer.from(payload), { qos: 0 });
    },
    stop: () => client.endAsync(true),
  };
};

const connect = async (options: BrokerClientOptions): Promise<MqttClient> => {
  const { url, username, password } = options;
  try {
    return await connectAsync(url, {
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      reconnectOnConnackError: true,
      resubscribe: true,
    });
  } catch (cause) {
    throw new AgentError(
      "BROKER_CONNECT",
      `Cannot connect to broker "${url}": ${messageOf(cause)}, check "mqtt.url" and its credentials`,
      { cause },
    );
  }
};
