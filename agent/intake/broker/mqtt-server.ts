import type { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { Aedes, type Client } from "aedes";
import type { Metrics } from "../../metrics.ts";
import type { Time } from "../../time.ts";
import type { IntakeEvents } from "../intake.ts";
import type { Bypass } from "./bypass.ts";
import { createConnections } from "./connections.ts";
import { reasonOf } from "./end.ts";
import { type ListenOptions, listen } from "./listen.ts";
import { connectionsWithin, readOpenFilesLimit } from "./open-files.ts";
import { createRules, type RulesOptions } from "./rules.ts";

export interface MqttServerOptions extends ListenOptions {
  rules: RulesOptions;
  /** What goes past the broker; absent where all goes through it. */
  bypass?: Bypass;
  /** A connection has ended, accepted or not. */
  onLeft(client: Client): void;
  events: Pick<IntakeEvents, "onTrouble">;
  metrics: Pick<Metrics, "connections" | "connectionsEnded" | "willsRefused">;
  time: Time;
}

/** An MQTT broker under some rules. */
export interface MqttServer {
  broker: Aedes;
  url: string;
  /** Reads nothing from the client for a while. */
  hush(client: Client, forMs: number): void;
  stop(): Promise<void>;
}

const limitConnections = async ({ events, maxConnections }: MqttServerOptions): Promise<number> => {
  const limit = await readOpenFilesLimit();
  const possible = connectionsWithin(limit, maxConnections);
  if (possible < maxConnections) {
    events.onTrouble(
      `Takes ${possible} connections instead of ${maxConnections}: the process may open ${limit} files, raise that (ulimit -n) or set "mqtt.maxConnections"`,
    );
  }
  return possible;
};

/** Rejects with `BROKER_LISTEN`. */
export const serveMqtt = async (options: MqttServerOptions): Promise<MqttServer> => {
  const { bypass, events, metrics, onLeft, rules, time } = options;
  const maxConnections = await limitConnections(options);
  const connections = createConnections({ maxConnections, time });
  const broker = await Aedes.createBroker(
    createRules({
      ...rules,
      onConnect(client, keepAliveMs) {
        connections.hold(client.conn);
        bypass?.noteKeepAlive(client, keepAliveMs);
      },
    }),
  );
  bypass?.follow(broker);
  const ended = new WeakSet<object>();
  const noteEnd = (socket: object, id: string | null, error: Error): void => {
    if (ended.has(socket)) return;
    ended.add(socket);
    const reason = reasonOf(error);
    metrics.connectionsEnded[reason] = (metrics.connectionsEnded[reason] ?? 0) + 1;
    const who = id === null ? `from ${connections.addressOf(socket)}` : `of client "${id}"`;
    events.onTrouble(`Connection ${who} failed: ${error.message}`);
  };
  const noteError = (client: Client, error: Error): void => noteEnd(client.conn, client.id, error);
  broker.on("clientError", noteError);
  broker.on("connectionError", noteError);
  const faults: EventEmitter = broker;
  faults.on("error", ({ message }: Error) => events.onTrouble(`The broker failed: ${message}`));
  broker.on("clientReady", ({ conn }) => {
    metrics.connections++;
    connections.admit(conn);
  });
  const server = await listen(
    { ...options, maxConnections },
    {
      onSocket(socket: Socket) {
        connections.add(socket);
        const client = broker.handle(socket);
        bypass?.attach(client, socket);
        connections.bar(socket);
        socket.once("close", () => onLeft(client));
      },
      onRefused: noteEnd,
      onTrouble: events.onTrouble,
    },
  ).catch(async (cause: unknown) => {
    await new Promise<void>((resolve) => broker.close(resolve));
    throw cause;
  });
  return {
    broker,
    url: server.url,
    hush: ({ conn }, forMs) => connections.hush(conn, forMs),
    async stop() {
      const isClosed = server.close();
      await new Promise<void>((resolve) => broker.close(resolve));
      connections.destroyAll();
      await isClosed;
    },
  };
};
