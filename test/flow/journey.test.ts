import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { count, ordinals, startSystem, type TestSystem, until } from "../support/system.ts";

describe("the journey of an event", () => {
  let system: TestSystem;

  beforeEach(async () => {
    system = await startSystem();
  });

  afterEach(() => system.stop());

  it("ends in CloudWatch with level, text, exact values, origin and time", async () => {
    const device = await system.startDevice("pump-7");
    const beforeMs = Date.now();

    device.log.tag("inlet").warn("temp %.1f of %s", 21.26, "tank", { valve: 3 });
    const isComplete = await device.end();
    const [event] = await system.settle();

    expect(isComplete).toBe(true);
    expect(event).toMatchObject({
      level: "warn",
      message: "temp 21.3 of tank",
      tag: "inlet",
      device: "pump-7",
      boot: device.log.stats().boot,
      seq: 0,
      format: "temp %.1f of %s",
      args: [21.26, "tank"],
      data: { valve: 3 },
    });
    expect(event?.timestamp).toBeGreaterThanOrEqual(beforeMs - 100);
    expect(event?.timestamp).toBeLessThanOrEqual(Date.now() + 100);
  });

  it("keeps the order of a thousand events at all levels", async () => {
    const device = await system.startDevice("pump-7");
    const levels = ["debug", "info", "warn", "error"] as const;

    for (const ordinal of count(1_000)) {
      device.log[levels[ordinal % 4] ?? "info"]("event %d", ordinal);
      if (ordinal % 100 === 99) await until("acks", () => device.log.stats().pending === 0);
    }
    await device.end();
    const events = await system.settle();

    expect(ordinals(events, "pump-7")).toEqual(count(1_000));
    expect(events.map(({ seq }) => seq)).toEqual(count(1_000));
    expect(system.agent.metrics.eventsDelivered).toBe(1_000);
  });

  it("makes a CloudWatch metric of a measurement", async () => {
    const device = await system.startDevice("pump-7");

    device.log.metric("temperature", 21.5, "Celsius");
    device.log.metric("load", 0.75, "Percent");
    await device.end();
    const events = await system.settle();

    expect(events).toMatchObject([
      {
        _aws: { CloudWatchMetrics: [{ Metrics: [{ Name: "temperature", Unit: "None" }] }] },
        message: "temperature 21.5 Celsius",
        temperature: 21.5,
        unit: "Celsius",
        fleet: "test",
        seq: 0,
      },
      {
        _aws: { CloudWatchMetrics: [{ Metrics: [{ Name: "load", Unit: "Percent" }] }] },
        load: 0.75,
        seq: 1,
      },
    ]);
  });

  it("goes on in a new boot after an orderly restart, and says nothing of a lost tail", async () => {
    const first = await system.startDevice("door-1");
    first.log.info("before %d", 0);
    await first.end();

    const second = await system.startDevice("door-1");
    second.log.info("after %d", 1);
    await second.end();
    const events = await system.settle();

    expect(ordinals(events, "door-1")).toEqual([0, 1]);
    expect(events.map(({ seq }) => seq)).toEqual([0, 0]);
    expect(new Set(events.map(({ boot }) => boot)).size).toBe(2);
    expect(events.filter(({ event }) => event !== undefined)).toEqual([]);
  });

  it("says after which seq the tail is unknown when a boot was cut off", async () => {
    const first = await system.startDevice("door-1");
    first.log.info("before %d", 0);
    await until("the ack", () => first.log.stats().acked === 1);
    first.link.cut();

    const second = await system.startDevice("door-1");
    second.log.info("after %d", 1);
    await second.end();
    const events = await system.settle();

    expect(events.find(({ event }) => event === "boot_closed")).toMatchObject({
      level: "warn",
      reason: "tail unknown after seq 0",
      boot: first.log.stats().boot,
    });
    expect(ordinals(events, "door-1")).toEqual([0, 1]);
  });

  it("buffers on the device while the connection is gone", async () => {
    const device = await system.startDevice("pump-7");
    device.log.info("online %d", 0);
    await until("the ack", () => device.log.stats().acked === 1);

    device.link.cut();
    for (const ordinal of count(200)) device.log.info("offline %d", ordinal + 1);
    const wasAcked = device.log.stats().acked;
    device.link.mend();
    await until("the connection", () => device.client.connected);
    const isComplete = await device.end();
    const events = await system.settle();

    expect(wasAcked).toBe(1);
    expect(isComplete).toBe(true);
    expect(ordinals(events, "pump-7")).toEqual(count(201));
  });

  it("stores a frame that arrives three times once", async () => {
    const device = await system.startDevice("pump-7");
    const publish = device.client.publish.bind(device.client);
    device.client.publish = ((topic: string, payload: Buffer, ...rest: []) => {
      if (topic.endsWith("/up")) for (const _ of count(2)) publish(topic, payload, { qos: 1 });
      return publish(topic, payload, ...rest);
    }) as typeof device.client.publish;

    for (const ordinal of count(50)) device.log.info("event %d", ordinal);
    await device.end();
    const events = await system.settle();

    expect(ordinals(events, "pump-7")).toEqual(count(50));
    expect(system.agent.metrics.framesDuplicate).toBeGreaterThan(0);
  });

  it("counts what the outbox had to drop, and delivers the count", async () => {
    const device = await system.startDevice("pump-7");
    device.link.cut();
    await until("the cut", () => !device.client.connected);

    for (const ordinal of count(40_000))
      device.log.info("flood %d of a long night", ordinal * 7_919);
    device.link.mend();
    await until("the acks", () => device.log.stats().pending === 0);
    await device.end();
    const events = await system.settle();
    const dropped = events
      .filter(({ event }) => event === "dropped")
      .reduce((sum, event) => sum + Number(event.count), 0);

    expect(dropped).toBeGreaterThan(0);
    expect(ordinals(events, "pump-7").length + dropped).toBe(40_000);
    expect(Object.values(system.agent.metrics.dropped).reduce((sum, n) => sum + n, 0)).toBe(
      dropped,
    );
  });
});
