import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DeliveredEvent, startSystem, type TestSystem, until } from "../support/system.ts";

const said = (events: DeliveredEvent[]): unknown[] =>
  events.filter(({ tag }) => tag === "fleetlog").map(({ level, message }) => [level, message]);

describe("a command", () => {
  let system: TestSystem;

  beforeEach(async () => {
    system = await startSystem();
  });

  afterEach(() => system.stop());

  const echoes = (count: number): Promise<void> =>
    until("the echo", () => system.agent.metrics.commandsEchoed === count);
  const held = (): string[] => readdirSync(join(system.directory, "agent", "commands"));

  it("raises a level for two seconds, which CloudWatch shows, over a restart of the agent", async () => {
    const device = await system.startDevice("pump-7", { level: "info" });
    device.log.info("hello");
    await until("the ack", () => device.log.stats().acked === 1);
    await system.restartAgent();

    const { id } = await system.agent.command("pump-7", {
      kind: "level",
      level: "debug",
      forMs: 2_000,
    });
    await until("the level", () => device.log.level === "debug");
    device.log.debug("seen %d", 1);
    await until("its end", () => device.log.level === "info");
    device.log.debug("not seen");
    await device.end();
    const events = await system.settle();

    expect(said(events)).toEqual([
      ["info", expect.stringMatching(new RegExp(`^command ${id}: level debug for \\d+ ms$`))],
      ["info", `command ${id}: over, level as programmed`],
    ]);
    const others = events.filter(({ tag }) => tag !== "fleetlog");
    expect(others.map(({ level, message }) => [level, message])).toEqual([
      ["info", "hello"],
      ["debug", "seen 1"],
    ]);
  });

  it("goes to a new boot with what remains of its time", async () => {
    const first = await system.startDevice("pump-7", { level: "info" });
    first.log.info("first");
    await system.agent.command("pump-7", { kind: "level", level: "debug", forMs: 600_000 });
    await echoes(1);
    await first.end();

    const second = await system.startDevice("pump-7", { level: "info" });
    second.log.info("second");
    await echoes(2);
    await second.end();
    const events = await system.settle();
    const [before, after] = said(events).map((event) =>
      Number(/(\d+) ms/.exec(String(event))?.[1]),
    );

    expect(second.log.level).toBe("debug");
    expect(after).toBeGreaterThan(0);
    expect(after).toBeLessThan(before as number);
  });

  it("waits for a device that is absent, and for an agent that is not running", async () => {
    await system.agent.command("pump-7", { kind: "level", level: "debug", tag: "wifi" });
    await system.restartAgent();

    const device = await system.startDevice("pump-7", { level: "info" });
    device.log.info("late");
    await until("the level", () => device.log.tag("wifi").level === "debug");

    expect(device.log.level).toBe("info");
    expect(held()).toHaveLength(1);
  });

  it("is not sent once it has expired, and leaves no file", async () => {
    await system.agent.command("pump-7", { kind: "level", level: "debug", forMs: 1 });
    await until("the end of its file", () => held().length === 0);

    const device = await system.startDevice("pump-7", { level: "info" });
    device.log.info("hello");
    await until("the ack", () => device.log.stats().acked === 1);
    await device.end();
    const events = await system.settle();

    expect(said(events)).toEqual([]);
    expect(system.agent.metrics.commandsSent).toBe(0);
  });

  it("to flush and to identify is done once, and then forgotten", async () => {
    let identified = 0;
    const device = await system.startDevice("pump-7", { onIdentify: () => identified++ });
    device.log.info("hello");
    await until("the ack", () => device.log.stats().acked === 1);

    const flush = await system.agent.command("pump-7", { kind: "flush" });
    const identify = await system.agent.command("pump-7", { kind: "identify" });
    await echoes(2);
    for (const count of [1, 2, 3]) device.log.info("more %d", count);
    await device.end();
    await until("its call", () => identified === 1);
    await until("the end of their files", () => held().length === 0);
    const events = await system.settle();

    expect(said(events)).toEqual([
      ["info", `command ${flush.id}: flush`],
      ["info", `command ${identify.id}: identify`],
    ]);
  });
});
