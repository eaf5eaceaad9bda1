import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { Aedes, type AedesOptions } from "aedes";

/** A broker as others run it, without any rules of ours. */
export interface AedesBroker {
  port: number;
  url: string;
  /** Resolves once a client subscribes to the filter; at once where one has. */
  untilSubscribed(filter: string): Promise<void>;
  stop(): Promise<void>;
}

export const startAedes = async (port = 0, options: AedesOptions = {}): Promise<AedesBroker> => {
  const broker = await Aedes.createBroker(options);
  const sockets = new Set<Socket>();
  const subscribed = new Set<string>();
  broker.on("subscribe", (subscriptions) => {
    for (const { topic } of subscriptions) subscribed.add(topic);
  });
  const server = createServer((socket) => {
    sockets.add(socket);
    broker.handle(socket);
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address() as { port: number };
  return {
    port: address.port,
    url: `mqtt://127.0.0.1:${address.port}`,
    async untilSubscribed(filter) {
      while (!subscribed.has(filter)) await once(broker, "subscribe");
    },
    async stop() {
      server.close();
      await new Promise<void>((resolve) => broker.close(resolve));
      for (const socket of sockets) socket.destroy();
    },
  };
};
