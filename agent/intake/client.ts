import { connectAsync, type MqttClient } from "mqtt";
import { defaultPrefix, fleetFilter, parseTopic, topicOf } from "../../shared/topic.ts";
import { AgentError, messageOf } from "../errors.ts";
import { createInbox, type Intake, type IntakeEvents } from "./intake.ts";

export interface BrokerClientOptions {
  /** `mqtt://`, `mqtts://`, `ws://` or `wss://` of the broker. */
  url: string;
  username?: string | undefined;
  password?: string | undefined;
  prefix?: string;
  /** Pause between tries to connect again; 1 s by default. */
  reconnectPauseMs?: number;
  events: IntakeEvents;
}

/** A connection to a broker that runs elsewhere. Rejects with `BROKER_CONNECT`. */
export const createBrokerClient = async (options: BrokerClientOptions): Promise<Intake> => {
  const { events, prefix = defaultPrefix } = options;
  const url = withoutSecrets(options.url);
  const client = await connect(options, url);
  const take = createInbox(events);
  client.on("message", (topic, payload) => {
    const source = parseTopic(prefix, topic);
    if (source !== null) take(source, payload);
  });
  client.on("error", (error) => events.onTrouble(`Broker "${url}" failed: ${messageOf(error)}`));
  client.on("offline", () => events.onTrouble(`Broker "${url}" is gone, trying again`));
  await subscribe(client, prefix, url);
  return {
    url,
    send(device, payload) {
      if (!client.connected) return;
      client.publish(topicOf(prefix, device, "down"), Buffer.from(payload), { qos: 0 });
    },
    stop: () => client.endAsync(true),
  };
};

/** The URL as it may be shown: without the name and password it may hold. */
const withoutSecrets = (url: string): string => url.replace(/\/\/[^/?#]*@/, "//");

const connect = async (options: BrokerClientOptions, url: string): Promise<MqttClient> => {
  const { username, password, reconnectPauseMs = 1_000 } = options;
  try {
    return await connectAsync(options.url, {
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      reconnectPeriod: reconnectPauseMs,
      reconnectOnConnackError: true,
      resubscribe: true,
    });
  } catch (cause) {
    throw connectError(url, cause);
  }
};

const connectError = (url: string, cause: unknown): AgentError =>
  new AgentError(
    "BROKER_CONNECT",
    `Cannot connect to broker "${url}": ${messageOf(cause)}, check "mqtt.url" and its credentials`,
    { cause },
  );

/** Until all is subscribed nothing would arrive, and nobody would know. */
const subscribe = async (client: MqttClient, prefix: string, url: string): Promise<void> => {
  const filters = [fleetFilter(prefix, "up"), fleetFilter(prefix, "state")];
  try {
    const granted = await client.subscribeAsync(filters, { qos: 1 });
    const refused = granted.filter(({ qos }) => qos >= 128);
    if (refused.length === 0) return;
    throw new Error(`it refuses to let us subscribe to "${refused.map(({ topic }) => topic)}"`);
  } catch (cause) {
    client.end(true);
    throw connectError(url, cause);
  }
};
