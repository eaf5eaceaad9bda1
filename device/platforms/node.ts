import { randomBytes } from "node:crypto";
import { performance } from "node:perf_hooks";
import type { Link, LinkListener, Platform } from "../platform.ts";

/** What the link needs of a client of the `mqtt` package. */
export interface MqttClient {
  connected: boolean;
  stream?: MqttStream;
  on(event: string, listener: (...values: never[]) => void): unknown;
  removeListener(event: string, listener: (...values: never[]) => void): unknown;
  subscribe(topic: string, options: { qos: 0 | 1 }, done: () => void): unknown;
  publish(
    topic: string,
    payload: Buffer,
    options: { qos: 0 | 1; retain: boolean },
    done: (error?: unknown) => void,
  ): unknown;
}

/** The client's socket, for its back-pressure. */
interface MqttStream {
  writableNeedDrain?: boolean;
  once(event: "drain", listener: () => void): unknown;
}

export const createNodePlatform = (): Platform => ({
  uptimeMs: () => Math.floor(performance.now()),
  after: (delayMs, callback) => setTimeout(callback, delayMs),
  cancel: (timer) => clearTimeout(timer as NodeJS.Timeout),
  entropy: () => randomBytes(4).readUInt32LE(0),
});

/** A client of the `mqtt` package as a link. The client reconnects by itself, and stays the application's. */
export const createMqttLink = (client: MqttClient): Link => {
  let listener: LinkListener | null = null;
  let awaited: MqttStream | undefined;

  const onConnect = (): void => listener?.onConnect();
  const onClose = (): void => listener?.onDisconnect();
  const onMessage = (topic: string, payload: Uint8Array): void =>
    listener?.onMessage(topic, payload);
  const isFull = (): boolean => client.stream?.writableNeedDrain === true;
  const awaitDrain = (): void => {
    const stream = client.stream;
    if (awaited === stream || !isFull()) return;
    awaited = stream;
    stream?.once("drain", () => {
      awaited = undefined;
      listener?.onDrain();
    });
  };
  return {
    listen(given) {
      listener = given;
      client.on("connect", onConnect);
      client.on("close", onClose);
      client.on("message", onMessage);
    },
    isConnected: () => client.connected,
    isReady() {
      awaitDrain();
      return client.connected && !isFull();
    },
    subscribe(topic) {
      guard(() => client.subscribe(topic, { qos: 1 }, () => {}));
    },
    publish(topic, payload, isRetained) {
      const options = { qos: 1, retain: isRetained } as const;
      guard(() => client.publish(topic, Buffer.from(payload), options, () => {}));
    },
    release() {
      listener = null;
      client.removeListener("connect", onConnect);
      client.removeListener("close", onClose);
      client.removeListener("message", onMessage);
    },
  };
};

/** A client that is ending throws; the frame stays in the outbox all the same. */
const guard = (use: () => void): void => {
  try {
    use();
  } catch {}
};
