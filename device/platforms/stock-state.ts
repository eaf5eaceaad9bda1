import type { Backoff } from "../backoff.ts";
import type { Deadline } from "../deadline.ts";
import type { Link, LinkListener, Platform } from "../platform.ts";
import type { StockMqtt } from "./stock-mqtt.ts";

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

/** A link whose connection the application can govern. Its functions expect it as `this`. */
export interface StockLink extends Link, Backoff {
  platform: Platform;
  options: StockLinkOptions;
  mqtt: StockMqtt;
  /** Without a connection: the next attempt, or the end of one. With one: the end of patience. */
  turn: Deadline;
  /** Until when a message may be in the transport's queue. */
  queue: Deadline;
  listener: LinkListener;
  /** What is registered with the client, by name of the event. */
  handlers: { [event: string]: () => void };
  onDrain: () => void;
  /** Uptime before which there is no other attempt. */
  dialAtMs: number;
  useAtMs: number;
  rest(isAsleep: boolean): void;
  waitMs(): number;
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
