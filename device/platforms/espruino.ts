import { createBackoff } from "../backoff.ts";
import { createDeadline } from "../deadline.ts";
import type { Link, LinkListener, Platform } from "../platform.ts";

declare const E: {
  CRC32(text: string): number;
  hwRand(): number;
  /** Undefined where no memory in one piece is left. */
  toString(bytes: Uint8Array): string | undefined;
  toUint8Array(text: string): Uint8Array;
};
declare const process: { memory(): { usage: number; free: number } };
declare const analogRead: (pin: unknown) => number;
declare const getSerial: () => string;
/** Seconds, with fractions, since 1970 or since power came. */
declare const getTime: () => number;
declare const setTimeout: (callback: () => void, delayMs: number) => number;
declare const clearTimeout: (timer: number) => void;
declare const A0: unknown;

/** What the link needs of the stock `MQTT` module's client. */
export interface StockMqtt {
  connected: boolean;
  /** The socket; false while there is none. */
  client: StockSocket | false;
  connect(): void;
  disconnect(): void;
  on(event: string, listener: (...values: never[]) => void): void;
  removeListener(event: string, listener: (...values: never[]) => void): void;
  subscribe(topic: string, options: { qos: 0 | 1 }): void;
  publish(topic: string, payload: string, options: { qos: 0 | 1; retain: boolean }): void;
}

interface StockSocket {
  on(event: "drain", listener: () => void): void;
}
