import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { throttled, unavailable } from "../../agent/local/faults.ts";
import { defaultPrefix, topicOf } from "../../shared/topic.ts";
import { count, ordinals, startSystem, type TestSystem, until } from "../support/system.ts";

const put = { action: "PutLogEvents" };

describe("delivery under faults", () => {
  let system: TestSystem;

  beforeEach(async () => {
    system = await startSystem();
  });

  afterEach(() => system.stop());

  const logAndEnd = async (events: number): Promise<void> => {
    const device = await system.startDevice("pump-7");
    for (const ordinal of count(events)) device.log.info("event %d", ordinal);
    expect(await device.end()).toBe(true);
  };
  const delivered = (): boolean => system.agent.pending().frames === 0;

  it("waits and goes on when CloudWatch throttles", async () => {
    system.endpoint.faults.next(throttled, { ...put, times: 3 });

    await logAndEnd(300);
    await until("delivery", delivered);

    expect(ordinals(await system.settle(), "pump-7")).toEqual(count(300));
    expect(system.agent.metrics.callsThrottled).toBe(3);
  });

  it("tries again when CloudWatch is not available", async () => {
    system.endpoint.faults.next(unavailable, { ...put, times: 5 });

    await logAndEnd(300);
    await until("delivery", delivered);

    expect(ordinals(await system.settle(), "pump-7")).toEqual(count(300));
    expect(system.agent.metrics.possiblyDuplicated).toBe(0);
  });

  it("looks before it repeats a call that ended with 500, and counts what it repeats", async () => {
    const failure = { kind: "error", name: "InternalFailure", message: "x", status: 500 } as const;
    system.endpoint.faults.next(failure, { ...put, times: 1 });

    await logAndEnd(10);
    await until("delivery", delivered);
    const { possiblyDuplicated } = system.agent.metrics;

    expect(ordinals(await system.settle(), "pump-7")).toEqual(count(10));
    expect(possiblyDuplicated).toBe(10);
  });

  it("finds a batch that was applied although the connection broke, and does not repeat it", async () => {
    await logAndEnd(10);
    await until("the stream's creation", delivered);
    system.endpoint.faults.next({ kind: "cut-after" }, { ...put, times: 1 });

    await logAndEnd(100);
    await until("delivery", delivered);

    expect(ordinals(await system.settle(), "pump-7")).toEqual([...count(10), ...count(100)]);
    expect(system.agent.metrics.callsUnknown).toBe(1);
    expect(system.agent.metrics.possiblyDuplicated).toBe(0);
  });

  it("keeps everything while a role lacks the permission, says so, and delivers once it has it", async () => {
    const denied = {
      kind: "error",
      name: "AccessDeniedException",
      message: "User: x is not authorized to perform: logs:PutLogEvents on resource: y",
    } as const;
    system.endpoint.faults.next(denied, { ...put, times: 1 });

    await logAndEnd(10);
    await until("delivery", delivered);

    expect(ordinals(await system.settle(), "pump-7")).toEqual(count(10));
    expect(system.troubles.join("\n")).toContain("logs:PutLogEvents");
  });

  it("delivers after a restart what was stored before", async () => {
    system.endpoint.faults.next(unavailable, { times: 100_000 });
    await logAndEnd(100);
    await system.restartAgent();
    const waiting = system.agent.pending().frames;

    system.endpoint.faults.clear();
    await until("delivery", delivered);

    expect(waiting).toBeGreaterThan(0);
    expect(ordinals(await system.settle(), "pump-7")).toEqual(count(100));
  });

  it("makes a dead letter of a frame it cannot read, and says so in CloudWatch", async () => {
    const { client, end } = await system.startDevice("pump-7");
    await until("the connection", () => client.connected);
    const later = Buffer.from("af0102030400000003" + "8001" + "00" + "ffffff", "hex");
    await client.publishAsync(topicOf(defaultPrefix, "pump-7", "up"), later, { qos: 1 });
    await end();
    await until("the frame", () => system.agent.metrics.framesReceived > 0);
    const events = await system.settle();

    expect(events).toContainEqual(expect.objectContaining({ event: "dead_letter", count: 3 }));
    expect(system.agent.metrics.deadLetters).toBe(1);
  });
});
