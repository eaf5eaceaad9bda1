import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { generate, type Packet, parser } from "mqtt-packet";
import { onTestFinished } from "vitest";

/** A connection on which a test says what it wants, byte by byte. */
export interface MqttSocket extends Socket {
  /** Sends packets, all in one write. */
  say(...packets: Packet[]): void;
  /** The packet received after those asked for before. */
  nextPacket(): Promise<Packet>;
  /** Resolves once the connection has ended. */
  untilEnd(): Promise<void>;
}

export const connectPacket = (clientId: string, changes: object = {}): Packet => ({
  cmd: "connect",
  protocolId: "MQTT",
  protocolVersion: 4,
  clean: true,
  clientId,
  keepalive: 0,
  ...changes,
});

/** Connects to `mqtt://127.0.0.1` or, where a certificate is given to trust, `mqtts://`. */
export const connectSocket = async (url: string, ca?: string): Promise<MqttSocket> => {
  const { hostname, port } = new URL(url);
  const to = { host: hostname, port: Number(port) };
  const socket = ca === undefined ? connect(to) : connectTls({ ...to, ca });
  const ended = new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
  });
  const received: Packet[] = [];
  const waiting: ((packet: Packet) => void)[] = [];
  const packets = parser();
  onTestFinished(() => {
    socket.destroy();
  });
  socket.on("error", () => {});
  socket.on("data", (chunk) => packets.parse(chunk));
  packets.on("packet", (packet: Packet) => {
    const next = waiting.shift();
    if (next === undefined) received.push(packet);
    else next(packet);
  });
  await once(socket, ca === undefined ? "connect" : "secureConnect");
  return Object.assign(socket, {
    say: (...said: Packet[]) =>
      void socket.write(Buffer.concat(said.map((each) => generate(each)))),
    nextPacket: () => {
      const packet = received.shift();
      return packet === undefined
        ? new Promise<Packet>((resolve) => waiting.push(resolve))
        : Promise.resolve(packet);
    },
    untilEnd: () => ended,
  });
};
