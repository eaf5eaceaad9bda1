import { connect } from "mqtt";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connectOptions, createLogger } from "../../device/index.ts";
import { eventsOf, fakeAgent } from "../support/fake-agent.ts";
import { clientEvent, type LoopbackBroker, loopbackBroker } from "../support/loopback-broker.ts";

describe("createLogger on Node", () => {
  let server: LoopbackBroker;
  let agent: ReturnType<typeof fakeAgent>;

  beforeEach(async () => {
    server = await loopbackBroker();
    agent = fakeAgent();
    server.broker.on("publish", (packet, client) => {
      if (client === null || !packet.topic.endsWith("/up")) return;
      const ack = agent.receive(new Uint8Array(packet.payload as Buffer));
      void server.publish(packet.topic.replace(/up$/, "down"), ack);
    });
  });
  afterEach(() => server.close());

  it("delivers over a real broker, and closes once all is acked", async () => {
    const client = connect(server.url, connectOptions("pump-7"));
    const log = createLogger({ device: "pump-7", mqtt: client });

    for (let count = 0; count < 200; count++) log.info("event %d", count);
    const isComplete = await log.close();
    await client.endAsync();

    expect(isComplete).toBe(true);
    expect(eventsOf(agent).map((event) => event.values[0])).toEqual(
      Array.from({ length: 200 }, (_, count) => count),
    );
    expect(log.stats()).toMatchObject({ logged: 200, acked: 200, pending: 0, dropped: {} });
  });

  it("goes on after the connection was broken", async () => {
    const client = connect(server.url, { ...connectOptions("pump-7"), reconnectPeriod: 10 });
    client.on("error", () => {});
    const log = createLogger({ device: "pump-7", mqtt: client, flushAfterMs: 10 });
    await clientEvent(client, "connect");

    for (let round = 0; round < 3; round++) {
      for (let count = 0; count < 50; count++) log.info("round %d, %d", round, count);
      server.cut();
      await clientEvent(client, "connect");
    }
    const isComplete = await log.close(20_000);
    await client.endAsync();

    expect(isComplete).toBe(true);
    expect(eventsOf(agent)).toHaveLength(150);
  });

  it("says online, and offline on close", async () => {
    const client = connect(server.url, connectOptions("pump-7"));
    const log = createLogger({ device: "pump-7", mqtt: client });
    await clientEvent(client, "connect");

    await log.close();
    await client.endAsync();

    const states = server.published.filter((packet) => packet.topic.endsWith("/state"));
    expect(states.map((packet) => [String(packet.payload), packet.retain])).toEqual([
      ["online", true],
      ["offline", true],
    ]);
  });

  it("lets the broker say offline for a device that is gone", async () => {
    const client = connect(server.url, { ...connectOptions("pump-7"), reconnectPeriod: 0 });
    createLogger({ device: "pump-7", mqtt: client });
    const online = await server.next();
    const will = new Promise<string>((resolve) => {
      server.broker.on("publish", (packet) => {
        if (packet.topic.endsWith("/state")) resolve(String(packet.payload));
      });
    });

    client.stream.destroy();

    expect(String(online.payload)).toBe("online");
    expect(await will).toBe("offline");
    await client.endAsync(true);
  });

  it("shows events on a console where it is given one", () => {
    const lines: unknown[][] = [];
    const client = connect(server.url, { manualConnect: true });
    const console = { log: (...line: unknown[]) => lines.push(line) };

    createLogger({ device: "pump-7", mqtt: client, console }).warn("rssi %d", -71);

    expect(lines).toEqual([["warn rssi %d", -71]]);
  });
});
