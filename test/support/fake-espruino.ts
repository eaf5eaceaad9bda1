import { EventEmitter } from "node:events";
import type { StockMqtt } from "../../device/platforms/stock-mqtt.ts";
import { crc32 } from "../../shared/codec/crc32.ts";

/** Strings of bytes, as the engine's sockets and `E.toString` have them. */
export const byteString = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

/** The engine's globals that the bundle uses, with a clock that a test sets. */
export const fakeEspruino = (options: { serial?: string; seconds?: number } = {}) => {
  const events = new EventEmitter();
  const on = (event: string, listener: (...values: never[]) => void): void => {
    events.on(event, listener as () => void);
  };
  const board = {
    /** Raises an event of `E` or `process`. */
    raise: (event: string, value?: unknown): boolean => events.emit(event, value),
    /** Variables that are free. */
    free: 1_000,
    seconds: options.seconds ?? 0,
    vref: 3.3,
    globals: {
      E: {
        CRC32: (data: string | Uint8Array) =>
          crc32(typeof data === "string" ? new Uint8Array(Buffer.from(data)) : data),
        hwRand: () => 42,
        on,
        getAnalogVRef: () => board.vref,
        isUTF8: (text: string) => !/^[\0-\xff]*$/.test(text),
        toString: byteString,
        toUint8Array: (text: string) =>
          new Uint8Array(
            /^[\0-\xff]*$/.test(text) ? Buffer.from(text, "latin1") : Buffer.from(text),
          ),
      },
      getSerial: () => options.serial ?? "00000000-addeadde-addeadde",
      getTime: () => board.seconds,
      process: { memory: () => ({ usage: 1_000, free: board.free }), on },
    },
  };
  return board;
};

/** A client of the stock `MQTT` module, with the other end in a test's hand. */
export interface FakeStockMqtt extends StockMqtt {
  published: { topic: string; payload: string; options: { qos: number; retain: boolean } }[];
  subscribed: string[];
  /** Calls of `connect`. */
  dials: number;
  /** Listeners on the client. */
  listeners(): number;
  accept(): void;
  lose(): void;
  say(topic: string, payload: string): void;
  drain(): void;
  /** From now on `publish` throws, as it does where the socket has gone. */
  breakSocket(): void;
}

export const fakeStockMqtt = (): FakeStockMqtt => {
  const events = new EventEmitter();
  let socket = new EventEmitter();
  let isBroken = false;

  const mqtt: FakeStockMqtt = {
    published: [],
    subscribed: [],
    dials: 0,
    connected: false,
    client: false,
    on: (event, listener) => void events.on(event, listener as () => void),
    removeListener: (event, listener) => void events.removeListener(event, listener as () => void),
    listeners: () => events.eventNames().reduce((sum, name) => sum + events.listenerCount(name), 0),
    _scktClosed() {
      if (!mqtt.connected) return;
      mqtt.connected = false;
      mqtt.client = false;
      events.emit("disconnected");
    },
    connect() {
      mqtt.dials++;
    },
    disconnect() {
      mqtt.client = false;
    },
    subscribe: (topic) => void mqtt.subscribed.push(topic),
    publish(topic, payload, options) {
      if (isBroken) throw new Error("socket closed");
      mqtt.published.push({ topic, payload, options });
    },
    accept() {
      socket = new EventEmitter();
      mqtt.client = socket as unknown as Exclude<StockMqtt["client"], false>;
      mqtt.connected = true;
      events.emit("connected");
    },
    lose() {
      if (mqtt.connected) mqtt._scktClosed();
      else events.emit("disconnected");
    },
    say: (topic, payload) => void events.emit("message", topic, payload),
    drain: () => void socket.emit("drain"),
    breakSocket() {
      isBroken = true;
    },
  };
  return mqtt;
};
