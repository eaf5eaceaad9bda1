import type { Socket } from "node:net";
import type { Time } from "../../time.ts";
import { endError } from "./end.ts";
import { guardPackets } from "./packet-guard.ts";

/** How long a connection may stand without an accepted CONNECT: as long as a device waits for it. */
export const connectLimitMs = 15_000;

/** Silence after which the system asks the other end whether it is still there. */
const probeAfterMs = 60_000;

/** The open connections of the embedded broker. */
export interface Connections {
  /** Guards the socket: to be called before anything reads from it. */
  add(socket: Socket): void;
  /** Lets it be held from now on: to be called after all else that reads in front of the broker. */
  bar(socket: Socket): void;
  /** Its CONNECT has come: what follows is not read before that is accepted. */
  hold(socket: unknown): void;
  /** Its CONNECT was accepted. */
  admit(socket: unknown): void;
  /** Reads nothing from it for a while; what it sends waits at its end. */
  hush(socket: unknown, forMs: number): void;
  /** Address of the other end, also after the connection has ended. */
  addressOf(socket: unknown): string;
  destroyAll(): void;
}

interface Connection {
  socket: Socket;
  address: string;
  isHeld: boolean;
  cancel(): void;
}

const release = (connection: Connection): void => {
  connection.isHeld = false;
  connection.socket.emit("readable");
};

export interface ConnectionsOptions {
  time: Time;
  /** Connections that may be open at a time; three quarters of them without an accepted CONNECT, then the oldest gives way. */
  maxConnections: number;
}

export const createConnections = ({ maxConnections, time }: ConnectionsOptions): Connections => {
  const strangersLimit = Math.ceil(0.75 * maxConnections);
  const all = new Set<Connection>();
  const bySocket = new WeakMap<object, Connection>();
  /** Without an accepted CONNECT, oldest first. */
  const strangers = new Set<Connection>();

  const find = (socket: unknown): Connection | undefined => bySocket.get(socket as object);
  const welcome = (connection: Connection): void => {
    if (strangers.delete(connection)) connection.cancel();
  };
  const meet = (connection: Connection): void => {
    const { socket } = connection;
    strangers.add(connection);
    connection.cancel = time.after(connectLimitMs, () => {
      socket.destroy(
        endError("no_connect", `it sent no CONNECT in ${connectLimitMs / 1_000} seconds`),
      );
    });
    const [oldest] = strangers;
    if (strangers.size <= strangersLimit || oldest === undefined) return;
    oldest.socket.destroy(
      endError("crowded", `${strangersLimit} newer connections sent no CONNECT either`),
    );
  };
  return {
    add(socket) {
      const address = socket.remoteAddress ?? "an unknown address";
      const connection: Connection = { socket, address, isHeld: false, cancel() {} };
      all.add(connection);
      bySocket.set(socket, connection);
      socket.once("close", () => {
        all.delete(connection);
        welcome(connection);
      });
      socket.setNoDelay(true);
      socket.setKeepAlive(true, probeAfterMs);
      guardPackets(socket);
      meet(connection);
    },
    bar(socket) {
      const connection = find(socket);
      const read = socket.read.bind(socket);
      socket.read = (sizeBytes) => (connection?.isHeld ? null : read(sizeBytes));
    },
    hold(socket) {
      const connection = find(socket);
      if (connection !== undefined) connection.isHeld = true;
    },
    admit(socket) {
      const connection = find(socket);
      if (connection === undefined) return;
      welcome(connection);
      // Not before the broker has gone through what came with the CONNECT.
      setImmediate(release, connection);
    },
    hush(socket, forMs) {
      const connection = find(socket);
      if (connection === undefined || connection.isHeld) return;
      connection.isHeld = true;
      connection.cancel = time.after(forMs, () => release(connection));
      connection.socket.once("close", connection.cancel);
    },
    addressOf: (socket) => find(socket)?.address ?? "an unknown address",
    destroyAll() {
      for (const { socket } of all) socket.destroy();
    },
  };
};
