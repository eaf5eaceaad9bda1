import { describe, expect, it } from "vitest";
import { topicOf } from "../../../shared/topic.ts";
import { connectPacket, connectSocket, type MqttSocket } from "../../support/mqtt-socket.ts";
import { startBroker } from "../../support/started-broker.ts";

const state = topicOf("fleetlog/1", "pump", "state");
const up = topicOf("fleetlog/1", "pump", "up");
const will = { topic: state, payload: "offline", qos: 1, retain: true };

const publishOf = (topic: string, payload: string) => {
  const packet = { cmd: "publish", topic, payload, qos: 1, dup: false } as const;
  return { ...packet, retain: topic === state, messageId: 7 };
};

const join = async (url: string, clientId: string, changes: object = {}): Promise<MqttSocket> => {
  const socket = await connectSocket(url);
  socket.say(connectPacket(clientId, changes));
  await socket.nextPacket();
  return socket;
};

const say = async (client: MqttSocket, topic: string, payload: string): Promise<void> => {
  client.say(publishOf(topic, payload));
  await client.nextPacket();
};

/** What the broker has retained of the device's presence; empty for nothing. */
const retained = async (url: string): Promise<string> => {
  const client = await join(url, `asks-${Math.random()}`);
  client.say({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: state, qos: 0 }] });
  await client.nextPacket();
  client.say({ cmd: "pingreq" });
  const packet = await client.nextPacket();
  return packet.cmd === "publish" ? String(packet.payload) : "";
};

describe("presence by the embedded broker", () => {
  it("ends with the connection of a device that has no will, for those who listen as well", async () => {
    const { broker, presence, until } = await startBroker();
    const device = await join(broker.url, "pump");
    await say(device, state, "online");

    device.destroy();
    await until(() => presence.length === 2);

    expect(presence).toEqual(["pump came", "pump went"]);
    expect(await retained(broker.url)).toBe("offline");
  });

  it("ends with the connection of a device that sent frames and never said a word of it", async () => {
    const { broker, presence, until } = await startBroker();
    const device = await join(broker.url, "pump");
    await say(device, up, "frame");
    const before = broker.isConnected?.("pump");

    device.say({ cmd: "disconnect" });
    await until(() => presence.length === 2);

    expect(before).toBe(true);
    expect(presence).toEqual(["pump came", "pump went"]);
    expect(broker.isConnected?.("pump")).toBe(false);
  });

  it("is told once where a device says goodbye before it leaves", async () => {
    const { broker, presence, until } = await startBroker();
    const device = await join(broker.url, "pump", { will });
    await say(device, state, "online");
    await say(device, state, "offline");

    device.say({ cmd: "disconnect" });
    await device.untilEnd();
    const other = await join(broker.url, "door");
    await say(other, topicOf("fleetlog/1", "door", "state"), "online");
    await until(() => presence.length === 3);

    expect(presence).toEqual(["pump came", "pump went", "door came"]);
  });

  it("goes on where a connection with the same client id takes over, though the old one has a will", async () => {
    const { broker, presence, until } = await startBroker();
    const old = await join(broker.url, "pump", { will });
    await say(old, state, "online");

    const next = await join(broker.url, "pump", { will });
    await old.untilEnd();
    const meanwhile = await retained(broker.url);
    await say(next, state, "online");

    expect(presence).toEqual(["pump came"]);
    expect(meanwhile).toBe("online");
    expect(broker.isConnected?.("pump")).toBe(true);
    next.destroy();
    await until(() => presence.length === 2);
    expect(presence.at(-1)).toBe("pump went");
  });

  it("ends with the new connection that took over and said nothing", async () => {
    const { broker, presence, until } = await startBroker();
    const old = await join(broker.url, "pump", { will });
    await say(old, state, "online");
    const next = await join(broker.url, "pump");
    await old.untilEnd();

    next.destroy();
    await until(() => presence.length === 2);

    expect(presence).toEqual(["pump came", "pump went"]);
    expect(await retained(broker.url)).toBe("offline");
  });

  it("goes on where another connection speaks for the device when the will of one before comes late", async () => {
    const { broker, presence } = await startBroker();
    const old = await join(broker.url, "some-id", { will });
    await say(old, state, "online");
    const next = await join(broker.url, "other-id", { will });
    await say(next, up, "frame");

    old.destroy();
    await old.untilEnd();
    await say(next, up, "frame");

    expect(presence).toEqual(["pump came"]);
    expect(await retained(broker.url)).toBe("online");
  });

  it("is not ended by the will of one that never spoke for the device", async () => {
    const { broker, presence } = await startBroker();
    const device = await join(broker.url, "pump");
    await say(device, state, "online");
    const envious = await join(broker.url, "door", { will });

    envious.destroy();
    await envious.untilEnd();
    await say(device, up, "frame");

    expect(presence).toEqual(["pump came"]);
    expect(await retained(broker.url)).toBe("online");
  });

  it.each([
    ["frames of a device", up, "offline"],
    ["topics of others", "home/lamp", "off"],
    ["what devices listen to", topicOf("fleetlog/1", "pump", "down"), "offline"],
    ["presence that begins with the end", state, "online"],
  ])("takes no will on %s: the client is accepted without it", async (_what, topic, payload) => {
    const { broker, frames, metrics, presence, troubles } = await startBroker();
    const client = await join(broker.url, "client", { will: { topic, payload, qos: 0 } });
    const device = await join(broker.url, "pump");

    client.destroy();
    await client.untilEnd();
    await say(device, state, "online");

    expect(frames).toEqual([]);
    expect(presence).toEqual(["pump came"]);
    expect(metrics).toMatchObject({ connections: 2, willsRefused: 1 });
    expect(troubles[0]).toBe(
      'Refused the last will of client "client": a device\'s says "offline" of itself',
    );
  });
});
