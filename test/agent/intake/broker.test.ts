import { once } from "node:events";
import { connect as connectUnchecked } from "mqtt";
import { describe, expect, it, onTestFinished } from "vitest";
import { createBroker } from "../../../agent/intake/broker.ts";
import { topicOf } from "../../../shared/topic.ts";
import { intakeContract, recordedEvents } from "../../contract/intake.ts";
import { connectClient, untilClosed } from "../../support/mqtt-client.ts";
import { connectSocket } from "../../support/mqtt-socket.ts";
import { anyBroker, startBroker } from "../../support/started-broker.ts";

const prefix = "fleetlog/1";
const up = topicOf(prefix, "pump", "up");
const down = topicOf(prefix, "pump", "down");
const state = topicOf(prefix, "pump", "state");

intakeContract("embedded broker", async (events) => {
  const intake = await createBroker({ ...anyBroker(), events });
  return { intake, brokerUrl: intake.url };
});

describe("embedded broker's rules", () => {
  it.each([
    ["what devices listen to", down, "ack"],
    ["topics of others", "home/lamp", "on"],
    ["the broker's own topics", "$SYS/x", "on"],
    ["presence in other words", state, "asleep"],
  ])("end a connection that publishes to %s", async (_what, topic, payload) => {
    const { broker, frames, troubles, until } = await startBroker();
    const client = await connectClient(broker.url);

    client.publish(topic, payload, { qos: 0 });
    await untilClosed(client);
    await until(() => troubles.length > 0);

    expect(frames).toEqual([]);
    expect(troubles[0]).toMatch(/^Connection of client ".*" failed: /);
  });

  it("let clients listen to acks and presence by name, and to nothing else", async () => {
    const { broker } = await startBroker();
    const client = await connectClient(broker.url);
    const granted = async (topic: string): Promise<boolean> => {
      const [grant] = await client.subscribeAsync(topic).catch(() => [{ qos: 128 }]);
      return grant !== undefined && grant.qos < 128;
    };

    const allowed = [await granted(down), await granted(state)];
    const refused = ["#", "$SYS/#", up, `${prefix}/+/+/down`, "home/lamp", `$share/g/${down}`];

    expect(allowed).toEqual([true, true]);
    for (const topic of refused) expect([topic, await granted(topic)]).toEqual([topic, false]);
  });

  it("keep presence for those who ask later", async () => {
    const { broker } = await startBroker();
    const device = await connectClient(broker.url);
    await device.publishAsync(state, "online", { qos: 1, retain: true });

    const late = await connectClient(broker.url);
    await late.subscribeAsync(state);

    expect((await late.nextMessage()).payload).toEqual([...Buffer.from("online")]);
  });

  it("take a last will only where a device may publish", async () => {
    const { broker, frames, presence, until } = await startBroker();
    const will = { topic: "home/lamp", payload: Buffer.from("off"), qos: 0, retain: true } as const;
    const client = await connectClient(broker.url, { will });
    const device = await connectClient(broker.url);

    client.stream.destroy();
    await device.publishAsync(state, "online", { qos: 1 });
    await until(() => presence.length === 1);

    expect(frames).toEqual([]);
    expect(presence).toEqual(["pump came"]);
  });

  it("end sessions with their connections: nothing is queued for one that is gone", async () => {
    const { broker } = await startBroker();
    const options = { clientId: "pump", clean: false, reconnectPeriod: 0 };
    const first = await connectClient(broker.url, options);
    await first.subscribeAsync(down, { qos: 1 });
    await first.endAsync();

    const again = await connectClient(broker.url, options);
    await again.subscribeAsync(topicOf(prefix, "door", "down"));
    broker.send("pump", Uint8Array.of(1));
    broker.send("door", Uint8Array.of(2));

    expect((await again.nextMessage()).payload).toEqual([2]);
  });

  it("refuse client ids of more than 256 characters", async () => {
    const { broker } = await startBroker();

    const client = connectUnchecked(broker.url, { clientId: "x".repeat(257), reconnectPeriod: 0 });
    onTestFinished(() => client.endAsync(true));
    await untilClosed(client);

    expect(client.connected).toBe(false);
  });
});

describe("embedded broker's way past the broker", () => {
  it("carries thousands of acks at once", async () => {
    const { broker } = await startBroker();
    const device = await connectClient(broker.url);
    await device.subscribeAsync(down);

    for (let ack = 0; ack < 5_000; ack++) broker.send("pump", Uint8Array.of(ack >> 8, ack & 255));

    for (let ack = 0; ack < 5_000; ack++) {
      expect((await device.nextMessage()).payload).toEqual([ack >> 8, ack & 255]);
    }
  });

  it("sends to each that listens, until it listens no more", async () => {
    const { broker } = await startBroker();
    const [device, other] = [await connectClient(broker.url), await connectClient(broker.url)];
    for (const client of [device, other]) await client.subscribeAsync(down);
    await other.subscribeAsync(topicOf(prefix, "door", "down"));

    broker.send("pump", Uint8Array.of(1));
    await other.nextMessage();
    await other.unsubscribeAsync(down);
    broker.send("pump", Uint8Array.of(2));
    broker.send("door", Uint8Array.of(3));

    expect((await device.nextMessage()).payload).toEqual([1]);
    expect((await device.nextMessage()).payload).toEqual([2]);
    expect((await other.nextMessage()).payload).toEqual([3]);
  });

  it("sends to the connection that took the client's place", async () => {
    const { broker } = await startBroker();
    const first = await connectClient(broker.url, { clientId: "pump" });
    await first.subscribeAsync(down);
    const second = await connectClient(broker.url, { clientId: "pump" });
    await second.subscribeAsync(down);

    broker.send("pump", Uint8Array.of(7));

    expect((await second.nextMessage()).payload).toEqual([7]);
  });

  it("takes frames in order with what goes through the broker", async () => {
    const { broker, frames, until } = await startBroker();
    const device = await connectClient(broker.url, { keepalive: 1 });
    const texts = Array.from({ length: 60 }, (_, index) => `frame ${index}`);

    for (const [index, text] of texts.entries()) {
      device.publish(up, text, { qos: index % 2 === 0 ? 1 : 0, retain: index % 7 === 0 });
      if (index % 5 === 0) device.subscribe(down);
    }
    await until(() => frames.length === texts.length);

    expect(frames.map(({ text }) => text)).toEqual(texts);
  });

  it("acknowledges what is sent at QoS 1", async () => {
    const { broker } = await startBroker();
    const device = await connectClient(broker.url);

    const sent = Array.from({ length: 50 }, () => device.publishAsync(up, "frame", { qos: 1 }));

    await expect(Promise.all(sent)).resolves.toHaveLength(50);
  });
});

describe("embedded broker's guard", () => {
  it("ends a connection whose first packet announces more than 4 kB", async () => {
    const { broker } = await startBroker();
    const socket = await connectSocket(broker.url);

    socket.write(Buffer.from([0x10, 0x80, 0x80, 0x40]));

    await once(socket, "close");
    expect(socket.bytesRead).toBe(0);
  });

  it("ends a connection that announces a packet of more than 128 kB, before it is sent", async () => {
    const { broker, frames, troubles, until } = await startBroker();
    const client = await connectClient(broker.url);

    client.stream.write(Buffer.from([0x30, 0x80, 0x80, 0x40]));
    await untilClosed(client);
    await until(() => troubles.length > 0);

    expect(frames).toEqual([]);
    expect(troubles[0]).toContain("beyond the limit of 131072 bytes");
  });
});

describe("embedded broker's port", () => {
  it("is refused with what to do when another program has it", async () => {
    const { broker } = await startBroker();
    const port = Number(new URL(broker.url).port);
    const { events } = recordedEvents();

    const second = createBroker({ ...anyBroker(), port, events });

    await expect(second).rejects.toMatchObject({
      code: "BROKER_LISTEN",
      message: `Cannot listen for devices on 127.0.0.1:${port}: listen EADDRINUSE: address already in use 127.0.0.1:${port}, set another "mqtt.port"`,
    });
  });

  it("is free again once the broker has stopped, devices connected or not", async () => {
    const { broker } = await startBroker();
    const port = Number(new URL(broker.url).port);
    await connectClient(broker.url);
    const { events } = recordedEvents();

    await broker.stop();
    const second = await createBroker({ ...anyBroker(), port, events });
    onTestFinished(() => second.stop());

    expect(second.url).toBe(broker.url);
  });
});
