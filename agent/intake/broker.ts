import { createServer, type Server, type Socket } from "node:net";
import { Aedes, type AedesOptions, type PublishPacket } from "aedes";
import { defaultPrefix, topicOf } from "../../shared/topic.ts";
import { AgentError, messageOf } from "../errors.ts";
import { createInbox, type Intake, type IntakeEvents } from "./intake.ts";
import { guardPackets } from "./packet-guard.ts";
import { createPermissions } from "./permissions.ts";

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

/**
 * The embedded MQTT broker. Devices may publish frames and presence and listen on their own topic;
 * nothing else. Sessions end with their connections. Rejects with `BROKER_LISTEN`.
 */
export const createBroker = async (options: BrokerOptions): Promise<Intake> => {
  const { events, prefix = defaultPrefix } = options;
  const server = createServer();
  await listen(server, options);
  const broker = await Aedes.createBroker(rules(events, prefix));
  broker.on("clientError", (client, error) => {
    events.onTrouble(`Connection of client "${client.id}" failed: ${error.message}`);
  });
  const sockets = accept(server, broker);
  const { port } = server.address() as { port: number };
  return {
    url: `mqtt://${options.host.includes(":") ? `[${options.host}]` : options.host}:${port}`,
    send(device, payload) {
      const packet = {
        cmd: "publish" as const,
        topic: topicOf(prefix, device, "down"),
        payload: Buffer.from(payload),
        qos: 0 as const,
        retain: false,
        dup: false,
      };
      broker.publish(packet as PublishPacket, () => {});
    },
    async stop() {
      const isClosed = new Promise((resolve) => server.close(resolve));
      await new Promise<void>((resolve) => broker.close(resolve));
      for (const socket of sockets) socket.destroy();
      await isClosed;
    },
  };
};

const rules = (events: IntakeEvents, prefix: string): AedesOptions => {
  const take = createInbox(events);
  const permissions = createPermissions(prefix);
  return {
    drainTimeout: drainTimeoutMs,
    maxInflightInbound: inflightLimit,
    preConnect(_client, packet, done) {
      packet.clean = true;
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
  };
};

/** The sockets that are open; each is guarded before the broker reads from it. */
const accept = (server: Server, broker: Aedes): Set<Socket> => {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.setNoDelay(true);
    guardPackets(socket);
    broker.handle(socket);
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
