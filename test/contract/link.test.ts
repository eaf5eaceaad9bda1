import { connect, type MqttClient } from "mqtt";
import { createMqttLink } from "../../device/platforms/node.ts";
import { fakeLink } from "../support/fake-link.ts";
import { clientEvent, loopbackBroker } from "../support/loopback-broker.ts";
import { type LinkBench, linkContract } from "./link.ts";

const openFakeLink = async (): Promise<LinkBench> => {
  const link = fakeLink();
  let given = 0;
  return {
    link,
    connect: async () => link.connect(),
    disconnect: async () => link.disconnect(),
    nextSent: async () => link.sent[given++] as (typeof link.sent)[number],
    subscribed: async () => {},
    say: async (topic, payload) => link.deliver(topic, payload),
    end: async () => {},
  };
};

/** The client connects when the test says so, and never by itself. */
const openMqttLink = async (): Promise<LinkBench> => {
  const server = await loopbackBroker();
  const client: MqttClient = connect(server.url, { manualConnect: true, reconnectPeriod: 0 });
  let isNew = true;

  return {
    link: createMqttLink(client),
    async connect() {
      if (isNew) client.connect();
      else client.reconnect();
      isNew = false;
      await clientEvent(client, "connect");
    },
    async disconnect() {
      const closed = clientEvent(client, "close");
      server.cut();
      await closed;
    },
    async nextSent() {
      const packet = await server.next();
      const payload = new Uint8Array(packet.payload as Buffer);
      return { topic: packet.topic, payload, isRetained: packet.retain };
    },
    subscribed: (topic) => server.subscribed(topic),
    async say(topic, payload) {
      const arrived = new Promise<void>((resolve) => {
        client.on("packetreceive", (packet) => {
          if (packet.cmd === "publish") setImmediate(resolve);
        });
      });
      await server.publish(topic, payload);
      await arrived;
    },
    async end() {
      if (!isNew) await client.endAsync(true);
      await server.close();
    },
  };
};

linkContract("a fake link", openFakeLink);
linkContract("a client of mqtt.js", openMqttLink);
