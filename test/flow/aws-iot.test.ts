import { afterEach, describe, expect, it } from "vitest";
import type { SettingsInput } from "../../agent/settings.ts";
import { shardOf } from "../../shared/topic.ts";
import { type AwsIotBroker, startAwsIotBroker } from "../support/aws-iot-broker.ts";
import {
  count,
  ordinals,
  startSystem,
  type TestDevice,
  type TestSystem,
  until,
} from "../support/system.ts";

const connections = 8;
const devicesEach = 5;

/** Devices that all connections share evenly. */
const names = count(connections).flatMap((part) =>
  count(1_000)
    .map((index) => `pump-${index}`)
    .filter((name) => shardOf(name) % connections === part)
    .slice(0, devicesEach),
);

/** Each device sends about ten frames a second: with an ack for each, 100 publishes a connection. */
const pauseMs = 100;

describe("an agent at a broker with the limits of AWS IoT Core", () => {
  let broker: AwsIotBroker;
  let system: TestSystem;
  let devices: TestDevice[];

  const start = async (mqtt: SettingsInput["mqtt"]): Promise<void> => {
    broker = await startAwsIotBroker();
    system = await startSystem({ mqtt: { url: broker.url, ...mqtt } });
    devices = await Promise.all(names.map((name) => system.startDevice(name)));
    await until("connections", () => devices.every(({ client }) => client.connected));
  };
  const log = async (rounds: number): Promise<void> => {
    for (const round of count(rounds)) {
      for (const { log } of devices) log.info("event %d", round);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  const agents = () => broker.clients().filter(({ clientId }) => !names.includes(clientId));

  afterEach(async () => {
    await system.stop();
    await broker.stop();
  });

  it.each(["3.1.1", "5"] as const)(
    "keeps to all of them under load, by MQTT %s, and gets every event",
    async (version) => {
      await start({ limits: "aws-iot", version });

      await log(30);
      await until("acks", () => devices.every(({ log }) => log.stats().pending === 0));
      const clients = agents();
      await Promise.all(devices.map((device) => device.end()));
      const events = await system.settle();

      for (const name of names) expect(ordinals(events, name)).toEqual(count(30));
      expect(broker.violations).toEqual([]);
      expect(clients).toHaveLength(connections);
      expect(clients.flatMap(({ subscriptions }) => subscriptions)).toHaveLength(2 * 64 + 1);
      for (const client of clients) {
        expect(client.discarded).toBe(0);
        expect(client.peakPublishes).toBeLessThanOrEqual(100);
        expect(client.peakUnacked).toBeLessThanOrEqual(100);
      }
    },
  );

  it("exceeds what a connection may publish where it does not know of them", async () => {
    await start({ limits: "none", connections: 3 });

    await log(15);

    expect(broker.violations.join()).toContain("more than 100 publishes in a second");
  });

  it("is told on which limit one connection fails", async () => {
    await start({ limits: "none" });

    await until("trouble", () => system.troubles.length > 0);

    expect(broker.violations[0]).toMatch(/ 5\d subscriptions$/);
  });
});
