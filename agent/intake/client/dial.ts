import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { connect, type IClientOptions, type MqttClient } from "mqtt";
import { AgentError, messageOf } from "../../errors.ts";

/** How a broker is reached. */
export interface DialOptions {
  /** `mqtt://`, `mqtts://`, `ws://` or `wss://` of the broker. */
  url: string;
  version?: "3.1.1" | "5";
  username?: string | undefined;
  password?: string | undefined;
  /** File with the certificates to trust, in place of the system's; PEM, as the next two. */
  ca?: string | undefined;
  /** File with the agent's own certificate. */
  cert?: string | undefined;
  /** File with its private key. */
  key?: string | undefined;
  /** Protocol asked for in the TLS handshake. */
  alpn?: string | undefined;
  /** Longest silence before the broker is asked whether it is there, in whole seconds; 30 s. */
  keepAliveMs?: number;
}

/** How long the broker may take to answer a connection. */
const connectLimitMs = 15_000;

/** What a broker of MQTT 5 may send: the largest frame and its topic, with room for later versions. */
const packetLimitBytes = 131_072;

const fileKeys = ["ca", "cert", "key"] as const;

type Files = Partial<Record<(typeof fileKeys)[number], Buffer>>;

const unusable = (key: string, path: string, cause: unknown): AgentError =>
  new AgentError(
    "BROKER_CERTIFICATE",
    `Cannot use "mqtt.${key}" from "${path}": ${messageOf(cause)}`,
    { cause },
  );

/** What the files hold. Throws `BROKER_CERTIFICATE` with the one that cannot be used. */
const readFiles = (options: DialOptions): Files => {
  const files: Files = {};
  for (const key of fileKeys) {
    const path = options[key];
    if (path === undefined) continue;
    try {
      files[key] = readFileSync(path);
      if (key === "ca") new X509Certificate(files.ca as Buffer);
      else createSecureContext(files);
    } catch (cause) {
      throw unusable(key, path, cause);
    }
  }
  return files;
};

/**
 * Makes connections, each a client of its own: nothing of one can come to another, no PUBACK and no
 * message that waited. Files are read each time, for certificates are renewed. Throws
 * `BROKER_CERTIFICATE`, at once where a file cannot be used now.
 */
export const createDial = (
  options: DialOptions,
): ((clientId: string, unacked: number) => MqttClient) => {
  const { url, version = "3.1.1", username, password, alpn, keepAliveMs = 30_000 } = options;
  readFiles(options);
  return (clientId, unacked) => {
    const given: IClientOptions = {
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(alpn === undefined ? {} : { ALPNProtocols: [alpn] }),
      ...(version === "5"
        ? { properties: { receiveMaximum: unacked, maximumPacketSize: packetLimitBytes } }
        : {}),
      ...readFiles(options),
    };
    return connect(url, {
      ...given,
      protocolVersion: version === "5" ? 5 : 4,
      clientId,
      clean: true,
      keepalive: Math.ceil(keepAliveMs / 1_000),
      connectTimeout: connectLimitMs,
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
    });
  };
};
