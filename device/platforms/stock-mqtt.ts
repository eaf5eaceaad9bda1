import type { Platform } from "../platform.ts";

declare const E: {
  /** A string of bytes; undefined where no memory in one piece is left. */
  toString(bytes: Uint8Array): string | undefined;
};

/** What the link needs of the socket under the module. */
export interface StockSocket {
  on(event: string, listener: () => void): void;
  removeAllListeners(): void;
}

/** What the link needs of a client of Espruino's `MQTT` module. */
export interface StockMqtt {
  connected: boolean;
  /** The socket; false while there is none. */
  client: StockSocket | false;
  /** The module's wait for an answer to its CONNECT. */
  ctimo?: unknown;
  /** The beginning of a packet whose rest has not come. */
  partData?: string;
  connect(): void;
  disconnect(): void;
  on(event: string, listener: (...values: never[]) => void): void;
  removeListener(event: string, listener: (...values: never[]) => void): void;
  subscribe(topic: string, options: { qos: 0 | 1 }): void;
  publish(topic: string, payload: string, options: { qos: 0 | 1; retain: boolean }): void;
  /** Forgets the connection, with its timers, and tells `disconnected`. */
  _scktClosed(): void;
}

/** Bytes for which a full memory still has room in one piece. */
const pieceBytes = 64;

/** As a byte string; piece by piece, since the engine wants one stretch of memory for each. */
export const textOf = (payload: Uint8Array): string | undefined => {
  let text = "";
  for (let at = 0; at < payload.length; at += pieceBytes) {
    const bytes = Math.min(pieceBytes, payload.length - at);
    const piece = E.toString(new Uint8Array(payload.buffer, at, bytes));
    if (piece === undefined) return undefined;
    text += piece;
  }
  return text;
};

/** The module, and what the application gives, may throw; a frame stays in the outbox all the same. */
export const guard = (use: () => void): void => {
  try {
    use();
  } catch {}
};

/**
 * Ends whatever connection or attempt there is, for good. The module would let a late end of the old
 * socket, a pending wait or half a packet spoil the connection that comes next.
 */
export const hangUp = (mqtt: StockMqtt, platform: Platform): void => {
  const socket = mqtt.client;
  guard(() => mqtt.disconnect());
  if (socket) guard(() => socket.removeAllListeners());
  if (mqtt.ctimo) platform.cancel(mqtt.ctimo);
  mqtt.partData = "";
  if (mqtt.connected) guard(() => mqtt._scktClosed());
};
