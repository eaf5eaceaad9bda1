import { describe, expect, it, onTestFinished } from "vitest";
import { serveMqtt } from "../../../agent/intake/broker/mqtt-server.ts";
import { topicOf } from "../../../shared/topic.ts";
import { recordedEvents } from "../../contract/intake.ts";
import { connectPacket, connectSocket, type MqttSocket } from "../../support/mqtt-socket.ts";
import { anyBroker, startBroker } from "../../support/started-broker.ts";

const listen = async (url: string, topic: string): Promise<MqttSocket> => {
  const socket = await connectSocket(url);
  const subscriptions = [{ topic, qos: 0 } as const];
  socket.say(connectPacket(topic.replaceAll("/", "-")), {
    ...{ cmd: "subscribe", messageId: 1, subscriptions },
  });
  await socket.nextPacket();
  await socket.nextPacket();
  return socket;
};

/** Messages that were under way to it. */
const countUntilPong = async (client: MqttSocket): Promise<number> => {
  client.say({ cmd: "pingreq" });
  let count = 0;
  while ((await client.nextPacket()).cmd !== "pingresp") count++;
  return count;
};

describe("a client that does not read", () => {
  it("holds up nobody else, and is sent no more than its connection takes", async () => {
    const { broker } = await startBroker();
    const slow = await listen(broker.url, topicOf("fleetlog/1", "pump", "down"));
    const quick = await listen(broker.url, topicOf("fleetlog/1", "door", "down"));
    slow.pause();

    for (let count = 0; count < 2_000; count++) {
      broker.send("pump", Buffer.alloc(32_768));
      if (count % 50 === 0) await new Promise(setImmediate);
    }
    broker.send("door", Uint8Array.of(1));

    expect(await quick.nextPacket()).toMatchObject({ cmd: "publish", payload: Buffer.of(1) });
    slow.resume();
    expect(await countUntilPong(slow)).toBeLessThan(500);
  });

  it("is ended after a while, counted, and named", async () => {
    const { events, troubles, until } = recordedEvents();
    const options = anyBroker();
    const rules = {
      publish: () => null,
      maySubscribe: () => true,
      mayLeave: () => true,
      onAdmitted() {},
      keepsSessions: false,
      unreadLimitMs: 20,
    };
    const server = await serveMqtt({ ...options, events, rules, onLeft() {} });
    onTestFinished(() => server.stop());
    const slow = await listen(server.url, "news");
    slow.pause();

    const packet = { topic: "news", payload: Buffer.alloc(100_000), qos: 0 } as const;
    for (let count = 0; count < 200; count++) {
      server.broker.publish({ cmd: "publish", ...packet, retain: false, dup: false }, () => {});
    }
    await until(() => troubles.length === 1);

    expect(options.metrics.connectionsEnded).toEqual({ not_reading: 1 });
    expect(troubles).toEqual(['Connection of client "news" failed: drain timeout']);
  });
});
