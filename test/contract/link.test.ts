import { connect, type MqttClient } from "mqtt";
import { createMqttLink } from "../../device/platforms/node.ts";
import { createSerialLink } from "../../device/platforms/serial.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { fakeLink } from "../support/fake-link.ts";
import { fakePort } from "../support/fake-port.ts";
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

/** The gateway's end is the test's. */
const openSerialLink = async (): Promise<LinkBench> => {
  const clock = fakeClock();
  const port = fakePort();
  const root = "fleetlog/1/0/a";
  let connections = 0;
  const encode = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
  const link = createSerialLink({ platform: clock, port, root, encode });
  /** Once the device has said what it had to say of itself. */
  const tell = (state: string): void => {
    clock.advance(50);
    port.send("o", state);
    clock.advance(50);
  };
  return {
    link,
    connect: async () => tell(`${root} ${++connections}`),
    disconnect: async () => tell(""),
    async nextSent() {
      clock.advance(50);
      const sent = port.messages.filter(({ kind }) => kind !== "h");
      const { kind, payload } = sent[0] as (typeof sent)[number];
      port.messages = sent.slice(1);
      const topic = `${root}/${kind === "u" ? "up" : "state"}`;
      return { topic, payload: new Uint8Array(payload), isRetained: kind === "s" };
    },
    subscribed: async () => {},
    say: async (topic, payload) => {
      if (topic === `${root}/down`) port.send("d", payload);
    },
    end: async () => {},
  };
};

linkContract("a fake link", openFakeLink);
linkContract("a client of mqtt.js", openMqttLink);
linkContract("a serial line", openSerialLink);
