import { describe, expect, it } from "vitest";
import { connectLimitMs } from "../../../../agent/intake/broker/connections.ts";
import { topicOf } from "../../../../shared/topic.ts";
import { fakeTime } from "../../../support/fake-time.ts";
import { connectPacket, connectSocket, type MqttSocket } from "../../../support/mqtt-socket.ts";
import { startBroker } from "../../../support/started-broker.ts";

const up = topicOf("fleetlog/1", "pump", "up");

const publishOf = (payload: string | Buffer, messageId: number) => {
  const packet = { cmd: "publish", topic: up, payload, qos: 1, retain: false, dup: false } as const;
  return { ...packet, messageId };
};

const join = async (url: string, clientId = "pump"): Promise<MqttSocket> => {
  const socket = await connectSocket(url);
  socket.say(connectPacket(clientId), { cmd: "pingreq" });
  await socket.nextPacket();
  await socket.nextPacket();
  return socket;
};

/** A broker whose time stands still; and a way to wait until all that was sent has come. */
const startTimed = async (maxConnections = 100) => {
  const time = fakeTime();
  return { ...(await startBroker({ time, maxConnections })), time };
};

describe("connections of the embedded broker", () => {
  it("end after 15 s without a CONNECT, whether nothing came of it or a part", async () => {
    const { broker, metrics, time, troubles, until } = await startTimed();
    const idle = await connectSocket(broker.url);
    const slow = await connectSocket(broker.url);
    slow.write(Buffer.from([0x10, 20, 0, 4]));
    const good = await join(broker.url);

    time.advance(connectLimitMs);
    await Promise.all([idle.untilEnd(), slow.untilEnd()]);
    await until(() => troubles.length === 2);
    good.say({ cmd: "pingreq" });

    expect(await good.nextPacket()).toMatchObject({ cmd: "pingresp" });
    expect(metrics).toMatchObject({ connections: 1, connectionsEnded: { no_connect: 2 } });
    expect(troubles[0]).toBe("Connection from 127.0.0.1 failed: it sent no CONNECT in 15 seconds");
  });

  it("end where a client speaks something else, or another packet first", async () => {
    const { broker, metrics, troubles, until } = await startTimed();
    const web = await connectSocket(broker.url);
    const hasty = await connectSocket(broker.url);

    web.write("GET / HTTP/1.1\r\nHost: agent\r\n\r\n");
    hasty.say({ cmd: "pingreq" });
    await Promise.all([web.untilEnd(), hasty.untilEnd()]);
    await until(() => troubles.length === 2);

    expect(metrics).toMatchObject({ connections: 0, connectionsEnded: { malformed: 2 } });
    expect(troubles[0]).toMatch(/^Connection from 127.0.0.1 failed: /);
  });

  it("are refused to MQTT 5 with code 1, and say why", async () => {
    const { broker, metrics, troubles } = await startTimed();
    const socket = await connectSocket(broker.url);

    socket.say(connectPacket("pump", { protocolVersion: 5 }));
    const answer = await socket.nextPacket();
    await socket.untilEnd();

    expect(answer).toMatchObject({ cmd: "connack", returnCode: 1 });
    expect(metrics.connectionsEnded).toEqual({ version: 1 });
    expect(troubles).toEqual([
      "Connection from 127.0.0.1 failed: it speaks MQTT version 5, this broker 3.1 and 3.1.1",
    ]);
  });

  it("are ended before they are served where the limit has been reached", async () => {
    const { broker, metrics, troubles, until } = await startTimed(2);
    await join(broker.url, "first");
    const second = await join(broker.url, "second");

    const third = await connectSocket(broker.url);
    await third.untilEnd();
    await until(() => troubles.length === 1);
    second.say({ cmd: "disconnect" });
    await second.untilEnd();
    await join(broker.url, "fourth");

    expect(metrics).toMatchObject({ connections: 3, connectionsEnded: { crowded: 1 } });
    expect(troubles[0]).toContain('2 connections are open, the limit is "mqtt.maxConnections"');
  });

  it("give way, oldest first, where too many send no CONNECT", async () => {
    const { broker, metrics, troubles, until } = await startTimed(4);
    const oldest = await connectSocket(broker.url);
    const others: MqttSocket[] = [];
    while (others.length < 3) others.push(await connectSocket(broker.url));

    await oldest.untilEnd();
    await until(() => troubles.length === 1);
    others[0]?.say(connectPacket("other"));

    expect(await others[0]?.nextPacket()).toMatchObject({ cmd: "connack", returnCode: 0 });
    expect(metrics.connectionsEnded).toEqual({ crowded: 1 });
  });

  it("end at the head of a packet that is too large, byte by byte or whole, and say so", async () => {
    const { broker, metrics, troubles, until } = await startTimed();
    const first = await connectSocket(broker.url);
    const later = await join(broker.url);

    for (const byte of [0x10, 0x81, 0x20]) first.write(Buffer.of(byte));
    for (const byte of [0x30, 0x81, 0x80, 0x08]) later.write(Buffer.of(byte));
    await Promise.all([first.untilEnd(), later.untilEnd()]);
    await until(() => troubles.length === 2);

    const limits = "it sent a packet beyond the limit of 131072 bytes, 4096 for the first";
    expect(metrics.connectionsEnded).toEqual({ too_large: 2 });
    expect(troubles.sort()).toEqual([
      `Connection from 127.0.0.1 failed: ${limits}`,
      `Connection of client "pump" failed: ${limits}`,
    ]);
  });

  it("are not read for a while where they are to be hushed; nothing of it is lost", async () => {
    const { broker, frames, time, until } = await startTimed();
    const pump = await join(broker.url);
    pump.say(publishOf("before", 1));
    await until(() => frames.length === 1);

    broker.hush?.("pump", 10_000);
    for (let id = 2; id < 40; id++) pump.say(publishOf(Buffer.alloc(60_000, 0x61), id));
    const door = await join(broker.url, "door");
    door.say({ ...publishOf("door", 1), topic: topicOf("fleetlog/1", "door", "up") });
    await until(() => frames.length === 2);
    const meanwhile = frames.map(({ device }) => device);
    time.advance(10_000);
    await until(() => frames.length === 40);

    expect(meanwhile).toEqual(["pump", "door"]);
  });
});
