import { connect, type Socket } from "node:net";

export interface ConnectionOptions {
  port: number;
  clientId: string;
  /** Topic to listen on; absent for none. */
  listenOn?: string;
  /** The broker has taken the connection, and the subscription: at first, and after each loss. */
  onUp(): void;
  /** The broker has taken a message. */
  onTaken(): void;
  onMessage(payload: Uint8Array): void;
}

/** An MQTT connection that costs its process as little as can be. Connects again where it is lost. */
export interface Connection {
  isUp(): boolean;
  write(packets: Uint8Array): void;
  close(): void;
}

const pauseMs = 200;

const textBytes = (text: string): Buffer => {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
};

/** Names and topics of the load are short: a length takes one byte. */
const packet = (type: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  if (body.length > 127) throw new Error(`Cannot write a packet of ${body.length} bytes`);
  return Buffer.concat([Buffer.from([type, body.length]), body]);
};

/** MQTT 3.1.1, a clean session, no keep-alive. */
const connectPacket = (clientId: string): Buffer =>
  packet(0x10, textBytes("MQTT"), Buffer.from([4, 2, 0, 0]), textBytes(clientId));

const subscribePacket = (topic: string): Buffer =>
  packet(0x82, Buffer.from([0, 1]), textBytes(topic), Buffer.from([0]));

const connack = 2;
const publish = 3;
const puback = 4;
const suback = 9;

/** Calls `take` with each whole packet of a stream of bytes: its type, its body. */
const createPackets = (take: (type: number, body: Buffer) => void): ((chunk: Buffer) => void) => {
  let left: Buffer | null = null;
  return (chunk) => {
    const bytes: Buffer = left === null ? chunk : Buffer.concat([left, chunk]);
    let at = 0;
    while (at + 1 < bytes.length) {
      let length = 0;
      let bodyAt = at + 1;
      let unit = 1;
      let low = 128;
      for (; low >= 128 && bodyAt < bytes.length; unit *= 128) {
        low = bytes[bodyAt++] as number;
        length += (low & 127) * unit;
      }
      if (low >= 128 || bodyAt + length > bytes.length) break;
      take((bytes[at] as number) >> 4, bytes.subarray(bodyAt, bodyAt + length));
      at = bodyAt + length;
    }
    left = at < bytes.length ? Buffer.from(bytes.subarray(at)) : null;
  };
};

export const createConnection = (options: ConnectionOptions): Connection => {
  const { port, clientId, listenOn, onUp, onTaken, onMessage } = options;
  let socket: Socket;
  let isUp = false;
  let isClosed = false;

  const rise = (): void => {
    isUp = true;
    onUp();
  };
  const take = (type: number, body: Buffer): void => {
    if (type === puback) onTaken();
    else if (type === publish) onMessage(body.subarray(2 + body.readUInt16BE(0)));
    else if (type === suback) rise();
    else if (type === connack) {
      if (body[1] !== 0) socket.destroy();
      else if (listenOn === undefined) rise();
      else socket.write(subscribePacket(listenOn));
    }
  };
  const open = (): void => {
    socket = connect({ port, host: "127.0.0.1", noDelay: true });
    socket.on("connect", () => socket.write(connectPacket(clientId)));
    socket.on("data", createPackets(take));
    socket.on("error", () => {});
    socket.on("close", () => {
      isUp = false;
      if (!isClosed) setTimeout(open, pauseMs);
    });
  };
  open();
  return {
    isUp: () => isUp,
    write: (packets) => socket.write(packets),
    close() {
      isClosed = true;
      socket.destroy();
    },
  };
};
