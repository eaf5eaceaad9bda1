import { callWithin, cancelDeadline, createDeadline } from "../deadline.ts";
import { createDialer } from "../dialer.ts";
import type { Link, LinkListener, Platform } from "../platform.ts";

declare const E: {
  /** A string of bytes; undefined where no memory in one piece is left. */
  toString(bytes: Uint8Array): string | undefined;
  toUint8Array(text: string): Uint8Array;
};

/** What the link needs of a client of Espruino's `MQTT` module. */
export interface StockMqtt {
  connected: boolean;
  /** The socket; false while there is none. */
  client: { on(event: string, listener: () => void): void } | false;
  connect(): void;
  disconnect(): void;
  on(event: string, listener: (...values: never[]) => void): void;
  subscribe(topic: string, options: { qos: 0 | 1 }): void;
  publish(topic: string, payload: string, options: { qos: 0 | 1; retain: boolean }): void;
}

export interface StockMqttOptions {
  platform: Platform;
  mqtt: StockMqtt;
  qos: 0 | 1;
  /** Whether the link connects by itself, and again after each failure. */
  isReconnecting: boolean;
  /** Makes this device's waits differ from its neighbour's: 0 to 2^32 - 1. */
  seed: number;
}

/** A socket that does not tell when it has drained is believed to have by then. */
const drainLimitMs = 2_000;

/** Bytes for which a full memory still has room in one piece. */
const pieceBytes = 64;

/** As a byte string; piece by piece, since the engine wants one stretch of memory for each. */
const textOf = (payload: Uint8Array): string | undefined => {
  let text = "";
  for (let at = 0; at < payload.length; at += pieceBytes) {
    const bytes = Math.min(pieceBytes, payload.length - at);
    const piece = E.toString(new Uint8Array(payload.buffer, at, bytes));
    if (piece === undefined) return undefined;
    text += piece;
  }
  return text;
};

/** A client of Espruino's `MQTT` module as a link, one message at a time: its queue has no bound. */
export const createStockMqttLink = (options: StockMqttOptions): Link => {
  const mqtt = options.mqtt;
  let listener: LinkListener | null = null;
  let isFull = false;

  const drained = (): void => {
    isFull = false;
    cancelDeadline(drainLimit);
    if (listener) listener.onDrain();
  };
  const drainLimit = createDeadline(options.platform, drained);
  const dialer = createDialer({
    platform: options.platform,
    seed: options.seed,
    dial: () =>
      guard(() => {
        if (mqtt.client) mqtt.disconnect();
        mqtt.connect();
      }),
  });
  const onConnect = (): void => {
    dialer.rest();
    isFull = false;
    if (mqtt.client) mqtt.client.on("drain", drained);
    if (listener) listener.onConnect();
  };
  const onDisconnect = (): void => {
    if (!listener) return;
    if (options.isReconnecting) dialer.dialSoon();
    listener.onDisconnect();
  };
  const onMessage = (topic: string, text: string): void => {
    const payload = E.toUint8Array(text);
    dialer.answered();
    if (payload && listener) listener.onMessage(topic, payload);
  };
  const isConnected = (): boolean => mqtt.connected && mqtt.client !== false;
  return {
    listen(given) {
      listener = given;
      mqtt.on("connected", onConnect);
      mqtt.on("disconnected", onDisconnect);
      mqtt.on("message", onMessage);
      if (options.isReconnecting && !isConnected()) dialer.dialSoon();
    },
    isConnected,
    isReady: () => isConnected() && !isFull,
    subscribe: (topic) => guard(() => mqtt.subscribe(topic, { qos: options.qos })),
    publish(topic, payload, isRetained) {
      const text = textOf(payload);
      if (text === undefined) return;
      isFull = true;
      callWithin(drainLimit, drainLimitMs);
      guard(() => mqtt.publish(topic, text, { qos: options.qos, retain: isRetained }));
    },
    release() {
      listener = null;
      dialer.rest();
      cancelDeadline(drainLimit);
    },
  };
};

/** The module throws where the socket has gone; the frame stays in the outbox all the same. */
const guard = (use: () => void): void => {
  try {
    use();
  } catch {}
};
