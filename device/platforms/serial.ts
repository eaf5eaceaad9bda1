import {
  createLine,
  type Line,
  lineLimit,
  lineMark,
  pieceBytes,
  readLine,
  writeLine,
} from "../../shared/codec/line.ts";
import { putText, toUtf8 } from "../../shared/codec/text.ts";
import { callWithin, createDeadline } from "../deadline.ts";
import type { Link, LinkListener, Platform } from "../platform.ts";

declare const atob: (base64: string) => string;

/** A serial port, or anything else that carries text both ways. */
export interface SerialPort {
  write(text: string): unknown;
  /** Tells of what arrives, in pieces of any length. */
  on(event: "data", listener: (data: string) => void): unknown;
}

export interface SerialLinkOptions {
  platform: Platform;
  port: SerialPort;
  /** The device's topics without their last level. */
  root: string;
  /** Base64 of bytes. */
  encode(bytes: Uint8Array): string;
}

interface WaitingMessage {
  kind: string;
  payload: Uint8Array;
}

/** What has arrived of a line and of a message. */
interface Incoming {
  line: Line;
  text: string;
}

/** Messages that may wait for the port: a frame, and what is said of the device. */
const waitingPlaces = 8;

/** Of a message of the agent. */
const messageLimitBytes = 1_024;

/** A gateway speaks every 10 s; one that has missed three is gone. */
const silenceLimitMs = 35_000;

/** Tells each message, as a byte string, that ends in `data`. */
const takeText = (
  incoming: Incoming,
  data: string,
  onMessage: (kind: string, message: string) => void,
): void => {
  incoming.text += data;
  for (let end = incoming.text.indexOf("\n"); end >= 0; end = incoming.text.indexOf("\n")) {
    const start = incoming.text.lastIndexOf(lineMark, end) + 1;
    const isWhole = readLine(incoming.line, incoming.text.slice(start, end), messageLimitBytes);
    incoming.text = incoming.text.slice(end + 1);
    if (isWhole) onMessage(incoming.line.kind, atob(incoming.line.base64));
  }
  if (incoming.text.length > lineLimit) incoming.text = "";
};

/**
 * A line to a gateway as a link. It is up while the gateway says so, for this device; one line is
 * written at a time, since a port that is full holds up the board.
 */
export const createSerialLink = (options: SerialLinkOptions): Link => {
  const platform = options.platform;
  const root = options.root;
  const incoming: Incoming = { line: createLine(), text: "" };
  const outgoing = createLine();
  const waiting: WaitingMessage[] = [];
  let listener: LinkListener | null = null;
  let writtenBytes = 0;
  /** What the gateway said last; empty while there is no way to the agent. */
  let state = "";
  let heardMs = 0;

  const isConnected = (): boolean => state !== "" && platform.uptimeMs() - heardMs < silenceLimitMs;
  const pause = createDeadline(platform, () => {
    const message = waiting[0];
    if (!message) {
      if (listener && isConnected()) listener.onDrain();
      return;
    }
    const payload = message.payload;
    const bytes = Math.min(pieceBytes, payload.length - writtenBytes);
    const piece = new Uint8Array(payload.buffer, payload.byteOffset + writtenBytes, bytes);
    const kind = writtenBytes > 0 ? "+" : message.kind;
    writtenBytes += bytes;
    const isLast = writtenBytes === payload.length;
    if (isLast) {
      waiting.shift();
      writtenBytes = 0;
    }
    callWithin(pause, 0);
    try {
      options.port.write(writeLine(outgoing, kind, options.encode(piece), isLast));
    } catch {}
  });
  const send = (kind: string, payload: Uint8Array): void => {
    if (waiting.length < waitingPlaces) waiting.push({ kind, payload });
    callWithin(pause, 0);
  };
  const hear = (text: string): void => {
    const isOurs = text.indexOf(`${root} `) === 0;
    const wasConnected = isConnected();
    const isNew = text !== state || !wasConnected;
    state = isOurs ? text : "";
    heardMs = platform.uptimeMs();
    if (!listener) return;
    if (!isOurs) {
      send("h", toUtf8(root));
      if (wasConnected) listener.onDisconnect();
    } else if (isNew) listener.onConnect();
  };
  options.port.on("data", (data) =>
    takeText(incoming, data, (kind, message) => {
      if (kind === "o") hear(message);
      else if (kind === "d" && listener) {
        const payload = new Uint8Array(message.length);
        putText(payload, message, 0);
        listener.onMessage(`${root}/down`, payload);
      }
    }),
  );
  send("h", toUtf8(root));
  return {
    listen(given) {
      listener = given;
    },
    isConnected,
    isReady: () => waiting.length === 0 && isConnected(),
    subscribe() {},
    publish(topic, payload) {
      if (isConnected()) send(topic[root.length + 1] as string, payload);
    },
    release() {
      listener = null;
    },
  };
};
