import { connectAsync, type IClientOptions, type MqttClient } from "mqtt";
import { onTestFinished } from "vitest";

export interface ReceivedMessage {
  topic: string;
  payload: number[];
}

/** A device's connection, as mqtt.js makes it, that ends with the test. */
export interface TestClient extends MqttClient {
  /** The message received after those asked for before. */
  nextMessage(): Promise<ReceivedMessage>;
}

/** Resolves once the connection has ended. */
export const untilClosed = (client: MqttClient): Promise<void> =>
  new Promise((resolve) => {
    client.once("close", resolve);
  });

export const connectClient = async (
  url: string,
  options: IClientOptions = {},
): Promise<TestClient> => {
  const client = await connectAsync(url, { reconnectPeriod: 0, ...options });
  client.on("error", () => {});
  onTestFinished(() => client.endAsync(true));
  const received: ReceivedMessage[] = [];
  const waiting: ((message: ReceivedMessage) => void)[] = [];
  client.on("message", (topic, payload) => {
    const message = { topic, payload: [...payload] };
    const next = waiting.shift();
    if (next === undefined) received.push(message);
    else next(message);
  });
  return Object.assign(client, {
    nextMessage: (): Promise<ReceivedMessage> => {
      const message = received.shift();
      return message === undefined
        ? new Promise((resolve) => waiting.push(resolve))
        : Promise.resolve(message);
    },
  });
};
