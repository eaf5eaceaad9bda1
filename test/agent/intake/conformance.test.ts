import type { Packet } from "mqtt-packet";
import { describe, expect, it, onTestFinished } from "vitest";
import { type MqttServer, serveMqtt } from "../../../agent/intake/broker/mqtt-server.ts";
import { type Channel, topicOf } from "../../../shared/topic.ts";
import { recordedEvents } from "../../contract/intake.ts";
import { connectPacket, connectSocket, type MqttSocket } from "../../support/mqtt-socket.ts";
import { anyBroker, startBroker } from "../../support/started-broker.ts";

const forbidden = "test/nosubscribe";

/** The embedded broker's own hooks, with its permissions opened and sessions kept. */
const startOpen = async (): Promise<MqttServer> => {
  const { events } = recordedEvents();
  const rules = {
    publish: () => null,
    maySubscribe: (_client: unknown, { topic }: { topic: string }) => topic !== forbidden,
    mayLeave: () => true,
    onAdmitted() {},
    keepsSessions: true,
  };
  const server = await serveMqtt({ ...anyBroker(), events, rules, onLeft() {} });
  onTestFinished(() => server.stop());
  return server;
};

/** A client whose CONNECT was answered, and how. */
const join = async (
  url: string,
  clientId: string,
  changes: object = {},
): Promise<MqttSocket & { connack: Packet }> => {
  const socket = await connectSocket(url);
  socket.say(connectPacket(clientId, changes));
  return Object.assign(socket, { connack: await socket.nextPacket() });
};

/** For a session that is kept, without a client id: a packet that no client library would send. */
const namelessConnect = Buffer.from([0x10, 12, 0, 4, ...Buffer.from("MQTT"), 4, 0, 0, 60, 0, 0]);

type Qos = 0 | 1 | 2;

const publishOf = (topic: string, payload: string, qos: Qos, retain = false): Packet => ({
  ...{ cmd: "publish", topic, payload, qos, retain, dup: false },
  ...(qos === 0 ? {} : { messageId: 100 + qos }),
});

const subscribe = async (client: MqttSocket, ...wanted: [string, Qos][]): Promise<Packet> => {
  const subscriptions = wanted.map(([topic, qos]) => ({ topic, qos }));
  client.say({ cmd: "subscribe", messageId: 1, subscriptions });
  return client.nextPacket();
};

/** Publishes, and does the handshakes. */
const publish = async (
  client: MqttSocket,
  topic: string,
  payload: string,
  qos: Qos,
  retain = false,
): Promise<void> => {
  client.say(publishOf(topic, payload, qos, retain));
  if (qos === 0) return;
  await client.nextPacket();
  if (qos === 1) return;
  client.say({ cmd: "pubrel", messageId: 102 });
  await client.nextPacket();
};

/** Packets until the answer to a ping: all that had been sent before, whatever it is. */
const settled = async (client: MqttSocket): Promise<Packet[]> => {
  const packets: Packet[] = [];
  for (let round = 0; round < 3; round++) {
    client.say({ cmd: "pingreq" });
    for (;;) {
      const packet = await client.nextPacket();
      if (packet.cmd === "pingresp") break;
      packets.push(packet);
    }
    await new Promise(setImmediate);
  }
  return packets;
};

const messagesIn = (packets: Packet[]): string[] =>
  packets.flatMap((packet) => {
    if (packet.cmd !== "publish") return [];
    const retained = packet.retain ? " retained" : "";
    return [`${packet.topic} ${packet.payload} at ${packet.qos}${retained}`];
  });

describe("embedded broker with its permissions opened, as MQTT 3.1.1 has it", () => {
  it("hands each message to who subscribed, at every quality of service", async () => {
    const { url } = await startOpen();
    const listener = await join(url, "listener");
    const granted = await subscribe(listener, ["a/b", 2]);
    const speaker = await join(url, "speaker");

    for (const qos of [0, 1, 2] as const) await publish(speaker, "a/b", `message ${qos}`, qos);

    expect(listener.connack).toMatchObject({ returnCode: 0, sessionPresent: false });
    expect(granted).toMatchObject({ cmd: "suback", granted: [2] });
    const packets = [
      await listener.nextPacket(),
      await listener.nextPacket(),
      await listener.nextPacket(),
    ];
    expect(messagesIn(packets)).toEqual([
      "a/b message 0 at 0",
      "a/b message 1 at 1",
      "a/b message 2 at 2",
    ]);
  });

  it("ends a connection at its second CONNECT, and at one for another protocol", async () => {
    const { url } = await startOpen();
    const twice = await join(url, "twice");
    const other = await connectSocket(url);

    twice.say(connectPacket("twice"));
    other.write(Buffer.from([0x10, 14, 0, 2, 0x68, 0x6a, 4, 2, 0, 60, 0, 2, 0x61, 0x62, 0, 0]));

    await twice.untilEnd();
    await other.untilEnd();
    expect(other.bytesRead).toBe(0);
  });

  it("keeps retained messages of every quality of service until they are cleared", async () => {
    const { url } = await startOpen();
    const speaker = await join(url, "speaker");
    for (const qos of [0, 1, 2] as const) await publish(speaker, `kept/${qos}`, "x", qos, true);
    await settled(speaker);

    const before = await join(url, "before");
    await subscribe(before, ["kept/+", 2]);
    const kept = [await before.nextPacket(), await before.nextPacket(), await before.nextPacket()];
    for (const qos of [0, 1, 2] as const) await publish(speaker, `kept/${qos}`, "", qos, true);
    await settled(speaker);
    const after = await join(url, "after");
    await subscribe(after, ["kept/+", 2]);

    expect(messagesIn(kept).sort()).toEqual([
      "kept/0 x at 0 retained",
      "kept/1 x at 1 retained",
      "kept/2 x at 2 retained",
    ]);
    expect(await settled(after)).toEqual([]);
  });

  it("publishes the will of a client that is lost, and not of one that says goodbye", async () => {
    const { url } = await startOpen();
    const listener = await join(url, "listener");
    await subscribe(listener, ["wills", 2]);
    const willOf = (payload: string) => ({ will: { topic: "wills", payload, qos: 0 } });
    const polite = await join(url, "polite", willOf("polite"));
    const lost = await join(url, "lost", willOf("lost"));

    polite.say({ cmd: "disconnect" });
    await polite.untilEnd();
    lost.destroy();

    expect(messagesIn([await listener.nextPacket()])).toEqual(["wills lost at 0"]);
  });

  it("queues messages for a client that is away and keeps its session", async () => {
    const { url } = await startOpen();
    const client = await join(url, "client", { clean: false });
    await subscribe(client, ["queue/#", 2]);
    client.say({ cmd: "disconnect" });
    await client.untilEnd();
    const speaker = await join(url, "speaker");
    for (const qos of [1, 2] as const) await publish(speaker, `queue/${qos}`, "x", qos);
    await settled(speaker);

    const back = await join(url, "client", { clean: false });
    const packets = [await back.nextPacket(), await back.nextPacket()];

    expect(client.connack).toMatchObject({ sessionPresent: false });
    expect(back.connack).toMatchObject({ sessionPresent: true });
    expect(messagesIn(packets)).toEqual(["queue/1 x at 1", "queue/2 x at 2"]);
  });

  it("hands a message over once for each subscription that overlaps, or once at the best of them", async () => {
    const { url } = await startOpen();
    const client = await join(url, "client");
    await subscribe(client, ["over/#", 2], ["over/+", 1]);
    const speaker = await join(url, "speaker");

    await publish(speaker, "over/lap", "x", 2);
    const messages = messagesIn(await settled(client));

    expect(["over/lap x at 2", "over/lap x at 1,over/lap x at 2"]).toContain(
      messages.sort().join(),
    );
  });

  it("ends a connection without a packet for one and a half times its keep-alive, and publishes its will", async () => {
    const { url } = await startOpen();
    const listener = await join(url, "listener");
    await subscribe(listener, ["wills", 2]);
    const will = { topic: "wills", payload: "keep-alive", qos: 0 };

    const silent = await join(url, "silent", { keepalive: 1, will });
    await silent.untilEnd();

    expect(messagesIn([await listener.nextPacket()])).toEqual(["wills keep-alive at 0"]);
  });

  it("delivers again to a session what it did not acknowledge", async () => {
    const { url } = await startOpen();
    const client = await join(url, "client", { clean: false });
    await subscribe(client, ["again/#", 2]);
    const speaker = await join(url, "speaker");
    for (const qos of [1, 2] as const) await publish(speaker, `again/${qos}`, "x", qos);
    await settled(client);
    client.say({ cmd: "disconnect" });
    await client.untilEnd();

    const back = await join(url, "client", { clean: false });
    const packets = [await back.nextPacket(), await back.nextPacket()];

    expect(messagesIn(packets)).toEqual(["again/1 x at 1", "again/2 x at 2"]);
  });

  it("gives a clean session without a client id one, and refuses any other with code 2", async () => {
    const { url } = await startOpen();

    const clean = await join(url, "");
    const kept = await connectSocket(url);
    kept.write(namelessConnect);
    const answer = await kept.nextPacket();
    await kept.untilEnd();

    expect(clean.connack).toMatchObject({ returnCode: 0, sessionPresent: false });
    expect(answer).toMatchObject({ cmd: "connack", returnCode: 2 });
  });

  it("answers a subscription that is refused with 0x80, and grants those beside it", async () => {
    const { url } = await startOpen();
    const client = await join(url, "client");

    const answer = await subscribe(client, ["a", 1], [forbidden, 2], ["b", 0]);

    expect(answer).toMatchObject({ cmd: "suback", granted: [1, 128, 0] });
  });

  it("hands no topic that begins with $ to a filter that begins with a wildcard", async () => {
    const { url } = await startOpen();
    const client = await join(url, "client");
    await subscribe(client, ["+/a", 0], ["#", 0]);

    await publish(client, "$own/a", "hidden", 0);
    await publish(client, "own/a", "shown", 0);
    const messages = messagesIn(await settled(client));

    expect(new Set(messages)).toEqual(new Set(["own/a shown at 0"]));
  });

  it("hands nothing more to who has unsubscribed, and goes on with its other topics", async () => {
    const { url } = await startOpen();
    const client = await join(url, "client");
    await subscribe(client, ["a", 2], ["b", 2], ["c", 2]);
    client.say({ cmd: "unsubscribe", messageId: 2, unsubscriptions: ["a"] });
    const answer = await client.nextPacket();
    const speaker = await join(url, "speaker");

    for (const topic of ["a", "b", "c"]) await publish(speaker, topic, "x", 1);
    await settled(speaker);

    expect(answer).toMatchObject({ cmd: "unsuback", messageId: 2 });
    expect(messagesIn(await settled(client))).toEqual(["b x at 1", "c x at 1"]);
  });
});

describe("embedded broker under its permissions, as MQTT 3.1.1 has it", () => {
  const prefix = "fleetlog/1";
  const topic = (device: string, channel: Channel): string => topicOf(prefix, device, channel);

  it("acknowledges what a device publishes at every quality of service, and hands it to the agent alone", async () => {
    const { broker, frames } = await startBroker();
    const device = await join(broker.url, "pump");

    for (const qos of [0, 1, 2] as const) await publish(device, topic("pump", "up"), `${qos}`, qos);
    await settled(device);

    expect(frames.map(({ text }) => text)).toEqual(["0", "1", "2"]);
  });

  it("keeps presence as a retained message until it is cleared", async () => {
    const { broker } = await startBroker();
    const device = await join(broker.url, "pump");
    await publish(device, topic("pump", "state"), "online", 1, true);
    const before = await join(broker.url, "before");
    await subscribe(before, [topic("pump", "state"), 1]);
    const kept = messagesIn([await before.nextPacket()]);

    await publish(device, topic("pump", "state"), "", 1, true);
    await settled(device);
    const after = await join(broker.url, "after");
    await subscribe(after, [topic("pump", "state"), 1]);

    expect(kept).toEqual([`${topic("pump", "state")} online at 1 retained`]);
    expect(messagesIn(await settled(after))).toEqual([]);
  });

  it("says to a client that asks for a session that there is none: nothing is queued or delivered again", async () => {
    const { broker } = await startBroker();
    const first = await join(broker.url, "pump", { clean: false });
    await subscribe(first, [topic("pump", "down"), 1]);
    first.destroy();
    await first.untilEnd();

    broker.send("pump", Uint8Array.of(1));
    const back = await join(broker.url, "pump", { clean: false });

    expect(back.connack).toMatchObject({ returnCode: 0, sessionPresent: false });
    expect(await settled(back)).toEqual([]);
  });

  it("grants topics by name at the quality asked for, and refuses overlaps by wildcards, $ topics and others' with 0x80", async () => {
    const { broker } = await startBroker();
    const client = await join(broker.url, "client");
    const refused = ["#", "+/+", `${prefix}/#`, "$SYS/#", `$share/g/${topic("pump", "down")}`, "a"];

    const answer = await subscribe(
      client,
      [topic("pump", "down"), 2],
      ...refused.map((filter): [string, Qos] => [filter, 0]),
    );

    expect(answer).toMatchObject({ cmd: "suback", granted: [2, 128, 128, 128, 128, 128, 128] });
  });

  it("ends a connection that subscribes to 101 levels, or publishes to a topic that begins with $", async () => {
    const { broker, metrics, until, troubles } = await startBroker();
    const deep = await join(broker.url, "deep");
    const system = await join(broker.url, "system");

    const subscriptions = [{ topic: Array(101).fill("a").join("/"), qos: 0 } as const];
    deep.say({ cmd: "subscribe", messageId: 1, subscriptions });
    system.say(publishOf("$SYS/x", "x", 0));
    await until(() => troubles.length === 2);

    expect(metrics.connectionsEnded).toEqual({ malformed: 1, forbidden: 1 });
  });

  it("says offline for a device whose keep-alive has passed in silence, will or not", async () => {
    const { broker, presence, until, metrics } = await startBroker();
    const device = await join(broker.url, "pump", { keepalive: 1 });
    await publish(device, topic("pump", "state"), "online", 1);

    await device.untilEnd();
    await until(() => presence.length === 2);

    expect(presence).toEqual(["pump came", "pump went"]);
    expect(metrics.connectionsEnded).toEqual({ keep_alive: 1 });
  });

  it("refuses a client without an id that asks for a session with code 2, and says why", async () => {
    const { broker, metrics, troubles } = await startBroker();
    const client = await connectSocket(broker.url);

    client.write(namelessConnect);
    const answer = await client.nextPacket();
    await client.untilEnd();

    expect(answer).toMatchObject({ cmd: "connack", returnCode: 2 });
    expect(metrics.connectionsEnded).toEqual({ client_id: 1 });
    expect(troubles).toEqual([
      "Connection from 127.0.0.1 failed: it has no client id, which only a clean session of MQTT 3.1.1 may",
    ]);
  });

  it("sends nothing more to a device that has unsubscribed", async () => {
    const { broker } = await startBroker();
    const client = await join(broker.url, "client");
    await subscribe(client, [topic("pump", "down"), 0], [topic("door", "down"), 0]);
    client.say({ cmd: "unsubscribe", messageId: 2, unsubscriptions: [topic("pump", "down")] });
    await client.nextPacket();

    broker.send("pump", Uint8Array.of(1));
    broker.send("door", Uint8Array.of(2));

    expect(await client.nextPacket()).toMatchObject({ topic: topic("door", "down") });
  });
});
