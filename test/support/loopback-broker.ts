import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { Aedes, type PublishPacket } from "aedes";
import type { MqttClient } from "mqtt";

/** Resolves when a client tells of `name` next; errors it tells of meanwhile are no failure. */
export const clientEvent = (client: MqttClient, name: "connect" | "close"): Promise<void> =>
  new Promise((resolve) => client.once(name, () => resolve()));

/** A real MQTT broker on loopback. */
export interface LoopbackBroker {
  url: string;
  port: number;
  broker: Aedes;
  /** What clients published, as it came; `$SYS` left out. */
  published: PublishPacket[];
  /** Resolves with the next such message that no earlier call was given. */
  next(): Promise<PublishPacket>;
  /** Resolves once `topic` was subscribed to; at once where it was. */
  subscribed(topic: string): Promise<void>;
  /** Sends to all subscribers. */
  publish(topic: string, payload: Uint8Array): Promise<void>;
  /** Breaks every connection. */
  cut(): void;
  close(): Promise<void>;
}

export const loopbackBroker = async (): Promise<LoopbackBroker> => {
  const broker = await Aedes.createBroker();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    broker.handle(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const published: PublishPacket[] = [];
  const waiting: (() => void)[] = [];
  const subscriptions = new Set<string>();
  let given = 0;

  const wake = (): void => {
    for (const resolve of waiting.splice(0)) resolve();
  };
  const until = async (isReady: () => boolean): Promise<void> => {
    while (!isReady()) await new Promise<void>((resolve) => waiting.push(resolve));
  };
  broker.on("publish", (packet, client) => {
    if (client !== null) published.push(packet);
    wake();
  });
  broker.on("subscribe", (list) => {
    for (const { topic } of list) subscriptions.add(topic);
    wake();
  });
  return {
    url: `mqtt://127.0.0.1:${port}`,
    port,
    broker,
    published,
    async next() {
      const place = given++;
      await until(() => published.length > place);
      return published[place] as PublishPacket;
    },
    subscribed: (topic) => until(() => subscriptions.has(topic)),
    publish: (topic, payload) =>
      new Promise((resolve, reject) => {
        const packet = { cmd: "publish", qos: 0, dup: false, retain: false } as const;
        broker.publish({ ...packet, topic, payload: Buffer.from(payload) }, (error) =>
          error ? reject(error) : resolve(),
        );
      }),
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => broker.close(() => resolve()));
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};
