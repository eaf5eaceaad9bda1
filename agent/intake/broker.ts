import { createServer, type Server, type Socket } from "node:net";
import { Aedes, type Client, type PublishPacket } from "aedes";
import { defaultPrefix, parseTopic, type Source, topicOf } from "../../shared/topic.ts";
import { AgentError, messageOf } from "../errors.ts";
import { type Intake, type IntakeEvents, messageToEvents } from "./intake.ts";

export interface BrokerOptions {
  host: string;
  /** 0 for any free one. */
  port: number;
  prefix?: string;
  events: IntakeEvents;
}

/**
 * The embedded MQTT broker. Devices may publish frames and presence and listen on their own topic;
 * nothing else. Rejects with `BROKER_LISTEN`.
 */
export const createBroker = async (options: BrokerOptions): Promise<Intake> => {
  const { events, prefix = defaultPrefix } = options;
  const broker = await createAedes(options);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.setNoDelay(true);
    broker.handle(socket);
  });
  await listen(server, options);
  broker.on("clientError", (client, error) => {
    events.onTrouble(`Connection of client "${client.id}" failed: ${error.message}`);
  });
  const { port } = server.address() as { port: number };
  return {
    url: `mqtt://${options.host}:${port}`,
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
      await new Promise<void>((resolve) => broker.close(resolve));
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

const createAedes = ({ events, prefix = defaultPrefix }: BrokerOptions): Promise<Aedes> =>
  Aedes.createBroker({
    authorizePublish(_client: Client | null, packet: PublishPacket, done) {
      const source = parseTopic(prefix, packet.topic);
      if (source === null || source.channel === "down") {
        done(new Error(`publishing to "${packet.topic}" is not allowed`));
        return;
      }
      if (source.channel === "up") packet.retain = false;
      const { payload } = packet;
      messageToEvents(events, source, typeof payload === "string" ? Buffer.from(payload) : payload);
      done(null);
    },
    authorizeSubscribe(_client, subscription, done) {
      const isAllowed = isReadable(parseTopic(prefix, subscription.topic));
      done(null, isAllowed ? subscription : null);
    },
  });

const isReadable = (source: Source | null): boolean => source !== null && source.channel !== "up";

const listen = (server: Server, { host, port }: BrokerOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      reject(
        new AgentError(
          "BROKER_LISTEN",
          `Cannot listen for devices on ${host}:${port}: ${messageOf(cause)}, set another "mqtt.port"`,
          { cause },
        ),
      );
    });
    server.listen(port, host, resolve);
  });
