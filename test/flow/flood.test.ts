import { expect, it, onTestFinished } from "vitest";
import { topicOf } from "../../shared/topic.ts";
import { bootOf, headerOf, payloadOf } from "../support/any-receipt.ts";
import { connectPacket, connectSocket } from "../support/mqtt-socket.ts";
import { count, ordinals, startSystem, until } from "../support/system.ts";

it("a device that floods is limited, and a device beside it does not notice", async () => {
  const system = await startSystem();
  onTestFinished(() => system.stop());
  const { metrics, mqttUrl } = system.agent;
  const pump = await system.startDevice("pump");
  const flood = await connectSocket(mqttUrl);
  const topic = topicOf("fleetlog/1", "flood", "up");
  const frame = (seq: number) => {
    const payload = Buffer.from(payloadOf(headerOf(bootOf(1), seq)));
    return { cmd: "publish", topic, payload, qos: 0, retain: false, dup: false } as const;
  };

  flood.say(connectPacket("flood"));
  await flood.nextPacket();
  flood.say(...count(20_000).map(frame));
  for (const ordinal of count(200)) {
    pump.log.info("value %d", ordinal);
    if (ordinal % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await until("the flood is limited", () => metrics.devicesLimited > 0);
  const isComplete = await pump.end();
  const events = await system.settle();

  expect(isComplete).toBe(true);
  expect(ordinals(events, "pump")).toEqual(count(200));
  expect(metrics.framesOverrun).toBeGreaterThan(64);
  expect(metrics.framesReceived).toBeLessThan(10_000);
  expect(system.troubles).toContain(
    'Device "flood" goes on sending although 16 of its frames wait for an ack: it is not heard for 10 s',
  );
  expect(events.filter(({ device }) => device === "flood").length).toBeLessThan(2_000);
});
