import type { Backoff } from "../backoff.ts";
import type { Deadline } from "../deadline.ts";
import type { Link, LinkListener, Platform } from "../platform.ts";
import { guard, type StockMqtt } from "./stock-mqtt.ts";

/** What the application may say about the connection. */
export interface StockLinkOptions {
  /** A client of the stock `MQTT` module. */
  mqtt: StockMqtt;
  /** False where the application connects by itself; the logger then only listens. */
  reconnect?: boolean;
  /** 0 unless the broker asks for 1; the module never sends again by itself. */
  qos?: 0 | 1;
  /** Whether there is a network. While there is none nothing is sent, and nothing is tried. */
  isOnline?: () => boolean;
  /** Begins to connect, where `mqtt.connect()` is not the way: `mqtt.connect(socket)` for instance. */
  connect?: () => void;
  /** Least time between two uses of the radio; between them the connection is let go. 0 keeps it. */
  radioPauseMs?: number;
}

/** A link whose connection the application can govern. */
export interface StockLink extends Required<Link> {
  /** There is a network now: connects within a second, whatever failed before. */
  online(): void;
  /** Says `offline`; nothing is sent, tried or timed until `online`. */
  offline(): void;
  /** Goes on with another client; the one before stays with the application. */
  attach(mqtt: StockMqtt): void;
}

export interface StockState extends Backoff {
  platform: Platform;
  options: StockLinkOptions;
  mqtt: StockMqtt;
  listener: LinkListener;
  /** Without a connection: the next attempt, or the end of one. With one: the end of patience. */
  turn: Deadline;
  /** Until when a message may be in the transport's queue. */
  queue: Deadline;
  /** What is registered with the client, and with its socket. */
  onConnect: () => void;
  onDisconnect: () => void;
  onMessage: (topic: string, text: string) => void;
  onDrain: () => void;
  /** Uptimes before which there is no other attempt, and no other use of the radio. */
  dialAtMs: number;
  useAtMs: number;
  /** The application wants no connection. */
  isOffline: boolean;
  /** A connection is in use, or wanted. */
  isAwake: boolean;
  isDialing: boolean;
  /** A frame was sent, and no message has come since. */
  isAwaiting: boolean;
  /** The transport's queue holds a message. */
  isFull: boolean;
  /** The transport of this connection tells when it has drained. */
  tellsDrain: boolean;
  /** `isOnline` has just said so. */
  isAllowed: boolean;
}

/** What the application says; a check that throws says nothing against it. */
export const hasNetwork = (link: StockState): boolean => {
  let isOnline = true;
  guard(() => {
    if (link.options.isOnline) isOnline = link.options.isOnline();
  });
  return isOnline;
};

export const isConnected = (link: StockState): boolean => {
  return link.mqtt.connected && link.mqtt.client !== false;
};
