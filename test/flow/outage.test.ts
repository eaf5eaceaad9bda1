import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createEndpoint, type Endpoint } from "../../agent/local/endpoint.ts";
import { count, keys, ordinals, startSystem, type TestSystem, until } from "../support/system.ts";

describe("delivery while CloudWatch cannot be reached", () => {
  let system: TestSystem;
  let again: Endpoint | undefined;

  beforeEach(async () => {
    system = await startSystem();
  });

  afterEach(async () => {
    await system.stop();
    await again?.stop();
    again = undefined;
  });

  it("keeps everything in the spool, and delivers it once and in order when it is back", async () => {
    const device = await system.startDevice("pump-7");
    device.log.info("before %d", 0);
    await until("the first delivery", () => system.agent.metrics.eventsDelivered === 1);
    await system.endpoint.stop();

    for (const ordinal of count(500)) device.log.info("during %d", ordinal + 1);
    const isStored = await device.end();
    await until("a try in vain", () => system.troubles.length > 0);
    const waiting = system.agent.pending().frames;
    again = await createEndpoint({
      directory: join(system.directory, "logs"),
      port: system.endpoint.port,
      ...keys,
    });
    await until("delivery", () => system.agent.pending().frames === 0);
    const events = await system.settle();

    expect(isStored).toBe(true);
    expect(waiting).toBeGreaterThan(0);
    expect(system.troubles[0]).toContain("ECONNREFUSED");
    expect(ordinals(events, "pump-7")).toEqual(count(501));
    expect(system.agent.metrics.possiblyDuplicated).toBe(0);
  });
});
