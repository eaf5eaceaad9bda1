import { readFile } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { AgentError, messageOf } from "../../errors.ts";
import { connectLimitMs } from "./connections.ts";
import { endError } from "./end.ts";

export interface ListenOptions {
  host: string;
  /** 0 for any free one. */
  port: number;
  /** PEM files of a certificate and its key: connections are then TLS. */
  cert?: string | undefined;
  key?: string | undefined;
  /** Connections that may be open at a time; of more the new ones are ended. */
  maxConnections: number;
}

export interface ListenEvents {
  /** A client; with TLS, once its handshake is done. */
  onSocket(socket: Socket): void;
  /** One that got no further. */
  onRefused(socket: object, id: null, error: Error): void;
  /** Listening itself fails, for now. */
  onTrouble(message: string): void;
}

export interface Listening {
  url: string;
  /** Takes no more clients; resolves once all have gone. */
  close(): Promise<void>;
}

const read = async (key: "cert" | "key", path: string): Promise<Buffer> =>
  readFile(path).catch((cause: unknown) => {
    throw new AgentError("BROKER_LISTEN", `Cannot read "mqtt.${key}": ${messageOf(cause)}`, {
      cause,
    });
  });

const createTls = async (cert: string, key: string): Promise<Server> => {
  const pem = { cert: await read("cert", cert), key: await read("key", key) };
  try {
    return createTlsServer({ ...pem, handshakeTimeout: connectLimitMs });
  } catch (cause) {
    throw new AgentError(
      "BROKER_LISTEN",
      `Cannot use certificate "${cert}" with key "${key}": ${messageOf(cause)}`,
      { cause },
    );
  }
};

/** Rejects with `BROKER_LISTEN`. */
export const listen = async (options: ListenOptions, events: ListenEvents): Promise<Listening> => {
  const { cert, host, key, maxConnections } = options;
  const isTls = cert !== undefined && key !== undefined;
  const server = isTls ? await createTls(cert, key) : createServer();
  server.maxConnections = maxConnections;
  server.on("drop", () => {
    const message = `${maxConnections} connections are open, the limit is "mqtt.maxConnections"`;
    events.onRefused({}, null, endError("crowded", message));
  });
  server.on("tlsClientError", (error: Error, socket: Socket) => {
    events.onRefused(socket, null, endError("tls", `its TLS handshake failed: ${error.message}`));
  });
  server.on(isTls ? "secureConnection" : "connection", events.onSocket);
  await start(server, options);
  server.on("error", (error) => events.onTrouble(`Listening failed: ${error.message}`));
  const { port } = server.address() as { port: number };
  return {
    url: `${isTls ? "mqtts" : "mqtt"}://${host.includes(":") ? `[${host}]` : host}:${port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
};

const start = (server: Server, { host, port }: ListenOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    const refuse = (cause: NodeJS.ErrnoException): void => {
      const key = cause.code === "EADDRNOTAVAIL" || cause.code === "ENOTFOUND" ? "host" : "port";
      reject(
        new AgentError(
          "BROKER_LISTEN",
          `Cannot listen for devices on ${host}:${port}: ${messageOf(cause)}, set another "mqtt.${key}"`,
          { cause },
        ),
      );
    };
    server.once("error", refuse);
    server.listen({ host, port, backlog }, () => {
      server.off("error", refuse);
      resolve();
    });
  });

/** Connections that the system may hold ready: a fleet that comes back comes all at once. */
const backlog = 4_096;
