import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { AgentError, messageOf } from "../../errors.ts";
import type { Time } from "../../time.ts";
import { type CertificateFiles, followCertificate, readCertificate } from "./certificate.ts";
import { connectLimitMs } from "./connections.ts";
import { endError } from "./end.ts";

export interface ListenOptions {
  host: string;
  /** 0 for any free one. */
  port: number;
  /** PEM files of a certificate and its key: connections are then TLS. Read again once a minute. */
  cert?: string | undefined;
  key?: string | undefined;
  /** Connections that may be open at a time; of more the new ones are ended. */
  maxConnections: number;
  time: Time;
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

/** A server, and what ends it beside its own end. */
interface Opened {
  server: Server;
  stop(): void;
}

const openTls = async (
  files: CertificateFiles,
  time: Time,
  onTrouble: (message: string) => void,
): Promise<Opened> => {
  const text = await readCertificate(files);
  try {
    const server = createTlsServer({ ...text, handshakeTimeout: connectLimitMs });
    const use = (renewed: typeof text): void => server.setSecureContext(renewed);
    return { server, stop: followCertificate({ files, text, use, time, onTrouble }) };
  } catch (cause) {
    throw new AgentError(
      "BROKER_LISTEN",
      `Cannot use certificate "${files.cert}" with key "${files.key}": ${messageOf(cause)}`,
      { cause },
    );
  }
};

/** Rejects with `BROKER_LISTEN`. */
export const listen = async (options: ListenOptions, events: ListenEvents): Promise<Listening> => {
  const { cert, host, key, maxConnections, time } = options;
  const { onTrouble } = events;
  const isTls = cert !== undefined && key !== undefined;
  const opened: Opened = isTls
    ? await openTls({ cert, key }, time, onTrouble)
    : { server: createServer(), stop() {} };
  const { server } = opened;
  server.maxConnections = maxConnections;
  server.on("drop", () => {
    const message = `${maxConnections} connections are open, the limit is "mqtt.maxConnections"`;
    events.onRefused({}, null, endError("crowded", message));
  });
  server.on("tlsClientError", (error: Error, socket: Socket) => {
    events.onRefused(socket, null, endError("tls", `its TLS handshake failed: ${error.message}`));
  });
  server.on(isTls ? "secureConnection" : "connection", events.onSocket);
  await start(server, options).catch((cause: unknown) => {
    opened.stop();
    throw cause;
  });
  server.on("error", (error) => onTrouble(`Listening failed: ${error.message}`));
  const { port } = server.address() as { port: number };
  return {
    url: `${isTls ? "mqtts" : "mqtt"}://${host.includes(":") ? `[${host}]` : host}:${port}`,
    close() {
      opened.stop();
      return new Promise((resolve) => server.close(() => resolve()));
    },
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
