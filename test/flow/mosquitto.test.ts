import { join } from "node:path";
import { connectAsync } from "mqtt";
import { describe, it, type TestContext } from "vitest";
import { createAgent } from "../../agent/agent.ts";
import { createBrokerClient } from "../../agent/intake/client.ts";
import type { SettingsInput } from "../../agent/settings.ts";
import { recordedEvents } from "../contract/intake.ts";
import { startLink, type TestLink } from "../support/link.ts";
import { type Mosquitto, type MosquittoOptions, startMosquitto } from "../support/mosquitto.ts";
import { startRedis } from "../support/redis-server.ts";
import {
  count,
  ordinals,
  startSystem,
  type TestDevice,
  type TestSystem,
  until,
} from "../support/system.ts";

interface Fleet {
  broker: Mosquitto;
  /** Between the agent and the broker. */
  link: TestLink;
  system: TestSystem;
  device: TestDevice;
  /** Logs the ordinals from where the call before ended. */
  log(howMany: number): void;
  /** Resolves once the agent has everything; what CloudWatch then has of the device. */
  arrived(): Promise<unknown[]>;
}

/** Tests wait for the same pauses of agents and devices, so they run beside each other. */
type Context = Pick<TestContext, "onTestFinished">;

/** An agent and a device at a broker, which is there when the agent starts unless it `comesLater`. */
const startFleet = async (
  { onTestFinished }: Context,
  mqtt: SettingsInput["mqtt"] = {},
  { comesLater = false, ...options }: MosquittoOptions & { comesLater?: boolean } = {},
): Promise<Fleet> => {
  const broker = await startMosquitto(options);
  onTestFinished(() => broker.stop());
  if (comesLater) await broker.end("SIGKILL");
  const link = await startLink(() => broker.agentPort);
  onTestFinished(() => link.stop());
  const scheme = options.agents === "certificate" ? "mqtts" : "mqtt";
  const url = `${scheme}://127.0.0.1:${link.port}`;
  const tls = options.agents === "certificate" ? broker.tls : {};
  const system = await startSystem({ mqtt: { url, ...tls, ...mqtt } });
  onTestFinished(() => system.stop());
  const device = await system.startDevice("pump-7", { port: broker.port });
  let logged = 0;
  return {
    broker,
    link,
    system,
    device,
    log(howMany) {
      for (const _ of count(howMany)) device.log.info("event %d", logged++);
    },
    async arrived() {
      await until("acks", () => device.log.stats().pending === 0);
      await device.end();
      return ordinals(await system.settle(), "pump-7");
    },
  };
};

describe.concurrent("an agent at Mosquitto", () => {
  it.for([
    ["3.1.1", "SIGTERM"],
    ["5", "SIGKILL"],
  ] as const)(
    "goes on, by MQTT %s, where the broker ends by %s",
    async ([version, signal], context) => {
      const { broker, device, log, arrived } = await startFleet(context, { version });
      log(50);
      await until("acks", () => device.log.stats().acked === 50);

      log(50);
      await broker.end(signal);
      await broker.start();
      log(50);

      context.expect(await arrived()).toEqual(count(150));
    },
  );

  it("starts without its broker, and gets all that was logged once the broker comes", async (context) => {
    const { broker, system, log, arrived } = await startFleet(context, {}, { comesLater: true });
    log(100);

    await broker.start();

    context.expect(await arrived()).toEqual(count(100));
    context.expect(system.troubles[0]).toMatch(/^Cannot connect to broker ".*": .*, trying again/);
  });

  it("gets what devices send while it does not run", async (context) => {
    const { system, device, log, arrived } = await startFleet(context);
    log(50);
    await until("acks", () => device.log.stats().acked === 50);

    await system.restartAgent(async () => {
      log(50);
      await until("frames sent in vain", () => device.log.stats().sent > 50);
    });

    context.expect(await arrived()).toEqual(count(100));
  });

  it("gets what devices send while it has no network, and says so", async (context) => {
    const { link, system, log, arrived } = await startFleet(context);

    link.cut();
    await until("trouble", () => system.troubles.length > 0);
    log(100);
    link.mend();

    context.expect(await arrived()).toEqual(count(100));
    context.expect(system.troubles[0]).toContain("is gone, trying again");
  });

  it("notices a network that has gone silent, and gets all that was sent meanwhile", async (context) => {
    const { link, system, log, arrived } = await startFleet(context, { keepAliveMs: 1_000 });

    link.stall();
    log(100);
    await until("trouble", () => system.troubles.length > 0);
    link.mend();

    context.expect(await arrived()).toEqual(count(100));
    context.expect(system.troubles[0]).toContain("is gone, trying again: Keepalive timeout");
  });

  it("gets by sending again what the broker's queue of 1,000 messages had no room for", async (context) => {
    const { broker, link, log, arrived } = await startFleet(context);
    const neighbour = await connectAsync(`mqtt://127.0.0.1:${broker.port}`);
    context.onTestFinished(() => neighbour.endAsync(true));
    let dropped = 0;
    neighbour.on("message", (_topic, payload) => {
      dropped = Number(payload.toString());
    });
    await neighbour.subscribeAsync("$SYS/broker/publish/messages/dropped");

    link.stall();
    const words = count(1_500).map((index) =>
      neighbour.publishAsync(`fleetlog/1/0/door-${index}/state`, "online", { qos: 1 }),
    );
    await Promise.all(words);
    log(100);
    await until("the queue's overrun", () => dropped > 400);
    link.mend();

    context.expect(await arrived()).toEqual(count(100));
  });

  it("shares a fleet with another agent there, each subscribed to the shards it owns", async (context) => {
    const broker = await startMosquitto();
    context.onTestFinished(() => broker.stop());
    const redis = await startRedis();
    context.onTestFinished(() => redis.stop());
    const url = `mqtt://127.0.0.1:${broker.port}`;
    const settings = { mqtt: { url }, redis: { url: redis.path, leaseMs: 1_000 } };
    const system = await startSystem(settings);
    context.onTestFinished(() => system.stop());
    const other = await createAgent(
      { ...settings, fleet: "test", data: join(system.directory, "other") },
      { cloudwatch: system.cloudwatch },
    );
    const watcher = await connectAsync(url);
    context.onTestFinished(() => watcher.endAsync(true));
    let subscriptions = 0;
    watcher.on("message", (_topic, payload) => {
      subscriptions = Number(payload.toString());
    });
    await watcher.subscribeAsync("$SYS/broker/subscriptions/count");
    const names = count(8).map((index) => `pump-${index}`);
    const devices = await Promise.all(names.map((name) => system.startDevice(name)));

    // Frames of 64 shards once, presence of 64 shards and other agents twice, acks, and the watcher's.
    await until("shards divided", () => subscriptions === 64 + 2 * 65 + names.length + 1);
    for (const ordinal of count(50)) for (const { log } of devices) log.info("event %d", ordinal);
    await until("acks", () => devices.every(({ log }) => log.stats().pending === 0));
    await Promise.all(devices.map((device) => device.end()));
    await other.stop();
    const events = await system.settle();

    for (const name of names) context.expect(ordinals(events, name)).toEqual(count(50));
    context.expect(system.troubles.join()).not.toContain("Another agent");
  });

  it("tries on while its login is refused, and says why", async (context) => {
    const mqtt = { username: "agent", password: "right" };
    const { broker, system, log, arrived } = await startFleet(context, mqtt, {
      agents: "password",
    });
    log(100);
    await until("refusals", () => system.troubles.length > 0);

    await broker.setPassword("right");

    context.expect(await arrived()).toEqual(count(100));
    context.expect(system.troubles[0]).toContain("Not authorized, trying again");
  });

  it("shows the broker its certificate, and checks the broker's", async (context) => {
    const { system, log, arrived } = await startFleet(context, {}, { agents: "certificate" });

    log(100);

    context.expect(await arrived()).toEqual(count(100));
    context.expect(system.troubles).toEqual([]);
  });

  it("does not connect to a broker whose certificate it does not trust", async (context) => {
    const broker = await startMosquitto({ agents: "certificate" });
    context.onTestFinished(() => broker.stop());
    const { events, troubles } = recordedEvents();
    const url = `mqtts://127.0.0.1:${broker.agentPort}`;
    const { cert, key } = broker.tls;

    const intake = createBrokerClient({ url, cert, key, ca: cert, storeId: 1, events });
    context.onTestFinished(() => intake.stop());
    await intake.tried;

    context.expect(troubles[0]).toMatch(/^Cannot connect to broker ".*": .*certificate/);
  });

  it("suspects another agent of the same client id where the broker closes again and again", async (context) => {
    const broker = await startMosquitto();
    context.onTestFinished(() => broker.stop());
    const url = `mqtt://127.0.0.1:${broker.port}`;
    const { events, troubles, until: untilTold } = recordedEvents();
    const isSuspected = (): boolean => troubles.some((each) => each.includes("perhaps another"));

    for (const storeId of [1, 2]) {
      const options = { url, clientId: "agent", reconnectPauseMs: 5, storeId, events };
      const intake = createBrokerClient(options);
      context.onTestFinished(() => intake.stop());
    }
    await untilTold(isSuspected);

    context.expect(isSuspected()).toBe(true);
  });
});
