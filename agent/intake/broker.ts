import { createServer, type Server, type Socket } from "node:net";
import { Aedes, type AedesOptions, type Client } from "aedes";
import { defaultPrefix, type Source } from "../../shared/topic.ts";
import { AgentError, messageOf } from "../errors.ts";
import { createInbox, type Intake, type IntakeEvents } from "./intake.ts";
import { createListeners, type Listeners } from "./listeners.ts";
import { createOutlets, type Outlet } from "./outlet.ts";
import { guardPackets } from "./packet-guard.ts";
import { createPermissions, type Permissions } from "./permissions.ts";
import { takeShortcut } from "./shortcut.ts";

export interface BrokerOptions {
  host: string;
  /** 0 for any free one. */
  port: number;
  prefix?: string;
  events: IntakeEvents;
}

/** Longest client id; a device's is at most 64. */
const clientIdLimit = 256;

/** How long a client may leave what it was sent unread: until then it holds up others. */
const drainTimeoutMs = 10_000;

/** Frames go at QoS 0 and 1; the broker keeps what goes at QoS 2 until it is released. */
const inflightLimit = 16;

/** In place of a QoS: the subscription was refused. */
const refusedQos = 128;

/**
 * The embedded MQTT broker. Devices may publish frames and presence and listen on their own topic;
 * nothing else. Sessions end with their connections. Rejects with `BROKER_LISTEN`.
 */
export const createBroker = async (options: BrokerOptions): Promise<Intake> => {
  const { events, prefix = defaultPrefix } = options;
  const server = createServer();
  await listen(server, options);
  const shared: Shared = {
    take: createInbox(events),
    permissions: createPermissions(prefix),
    listeners: createListeners(prefix),
    keepAliveMs: new WeakMap(),
    outlets: new WeakMap(),
  };
  const broker = await Aedes.createBroker(rules(shared));
  broker.on("clientError", (client, error) => {
    events.onTrouble(`Connection of client "${client.id}" failed: ${error.message}`);
  });
  follow(broker, shared);
  const sockets = accept(server, broker, shared);
  const { port } = server.address() as { port: number };
  return {
    url: `mqtt://${options.host.includes(":") ? `[${options.host}]` : options.host}:${port}`,
    send: shared.listeners.send,
    async stop() {
      const isClosed = new Promise((resolve) => server.close(resolve));
      await new Promise<void>((resolve) => broker.close(resolve));
      for (const socket of sockets) socket.destroy();
      await isClosed;
    },
  };
};

/** What the connections have in common. */
interface Shared {
  take(source: Source, payload: Uint8Array): void;
  permissions: Permissions;
  listeners: Listeners;
  /** 0 for none. */
  keepAliveMs: WeakMap<Client, number>;
  outlets: WeakMap<Client, Outlet>;
}

const rules = ({ take, permissions, keepAliveMs }: Shared): AedesOptions => ({
  drainTimeout: drainTimeoutMs,
  maxInflightInbound: inflightLimit,
  preConnect(client, packet, done) {
    packet.clean = true;
    keepAliveMs.set(client, (packet.keepalive ?? 0) * 1_000);
    const isTooLong = packet.clientId.length > clientIdLimit;
    done(isTooLong ? new Error("client id is too long") : null, !isTooLong);
  },
  authorizePublish(_client, packet, done) {
    const source = permissions.publish(packet);
    if (source instanceof Error) {
      done(source);
      return;
    }
    const { payload } = packet;
    take(source, typeof payload === "string" ? Buffer.from(payload) : payload);
    done(null);
  },
  authorizeSubscribe(client, subscription, done) {
    done(null, permissions.subscribe(client, subscription) ? subscription : null);
  },
});

/** Keeps up who listens to what. */
const follow = (broker: Aedes, { listeners, outlets }: Shared): void => {
  broker.on("subscribe", (subscriptions, client) => {
    const outlet = client.closed ? undefined : outlets.get(client);
    for (const { topic, qos } of subscriptions) {
      if (outlet !== undefined && (qos as number) < refusedQos) listeners.add(topic, outlet);
    }
  });
  broker.on("unsubscribe", (topics, client) => {
    const outlet = outlets.get(client);
    for (const topic of topics) if (outlet !== undefined) listeners.remove(topic, outlet);
  });
};

/** The sockets that are open; each is guarded before the broker reads from it. */
const accept = (server: Server, broker: Aedes, shared: Shared): Set<Socket> => {
  const { permissions, keepAliveMs, outlets, take } = shared;
  const sockets = new Set<Socket>();
  const createOutlet = createOutlets();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.setNoDelay(true);
    guardPackets(socket);
    const client = broker.handle(socket);
    const outlet = createOutlet(socket);
    outlets.set(client, outlet);
    takeShortcut(socket, {
      client,
      outlet,
      take,
      sourceOf: permissions.frames,
      keepAliveMs: () => keepAliveMs.get(client) ?? 0,
      nowMs: () => performance.now(),
    });
  });
  return sockets;
};

const listen = (server: Server, { host, port, events }: BrokerOptions): Promise<void> =>
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
    server.listen(port, host, () => {
      server.off("error", refuse);
      server.on("error", (error) => events.onTrouble(`Listening failed: ${error.message}`));
      resolve();
    });
  });
