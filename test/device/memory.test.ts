import { describe, expect, it } from "vitest";
import { createLoggerOn } from "../../device/logger.ts";
import { device, down, up } from "../support/device-bench.ts";
import { eventsOf, fakeAgent } from "../support/fake-agent.ts";
import { fakeClock } from "../support/fake-clock.ts";
import { fakeLink } from "../support/fake-link.ts";

/** With bodies of the largest size. */
const reserveBytes = 6_900;
const outboxBytes = 8_192;

/** A logger on a host whose free memory a test sets: what the outbox holds is not taken from it. */
const createMemoryBench = () => {
  const memory = { freeBytes: 100_000, asked: 0 };
  const clock = Object.assign(fakeClock(), {
    freeBytes: () => {
      memory.asked++;
      return memory.freeBytes;
    },
  });
  const link = fakeLink();
  const agent = fakeAgent();
  const places = { sites: 64, texts: 16 };
  const host = { platform: clock, link, defaultBytes: outboxBytes, places, parts: {} };
  const log = createLoggerOn(host, { device, level: "debug" });
  const fill = (many: number): void => {
    for (let count = 0; count < many; count++) log.info("reading %d of %s", count * 7_919, "inlet");
  };
  /** Lets all that waits go, and be acked. */
  const deliver = (): void => {
    link.connect();
    log.flush();
    for (let taken = 0; taken < link.sent.length; taken++) {
      const message = link.sent[taken];
      if (message?.topic === up) link.deliver(down, agent.receive(message.payload));
    }
  };
  return { memory, log, agent, fill, deliver };
};

describe("outbox while memory is short", () => {
  it("lets whole frames give way to what is free beyond the reserve, counted by reason", () => {
    const { memory, log, fill } = createMemoryBench();
    fill(500);
    const before = log.stats();

    memory.freeBytes = reserveBytes - 3_000;
    fill(500);

    const after = log.stats();
    expect(after.bytes).toBeLessThan(before.bytes - 2_000);
    expect(after.dropped.outbox_full).toBeGreaterThan(100);
    expect(after.dropped.ring_full).toBeGreaterThan(100);
  });

  it("gives way while it is so full that it takes nothing", () => {
    const { memory, log, fill } = createMemoryBench();
    fill(3_000);
    const before = log.stats();

    memory.freeBytes = 0;
    fill(16);

    const after = log.stats();
    expect(before.bytes).toBeGreaterThan(4_000);
    expect(after.bytes).toBeLessThan(500);
    expect(after.dropped.outbox_full).toBeGreaterThan(100);
  });

  it("holds nothing but tombstones where nothing is free, and takes no event", () => {
    const { memory, log, fill } = createMemoryBench();
    fill(500);

    memory.freeBytes = 0;
    fill(500);
    const low = log.stats();
    fill(10);
    log.fatal("no memory");

    expect(low.bytes).toBeLessThan(500);
    expect(log.stats().dropped.ring_full).toBe((low.dropped.ring_full ?? 0) + 11);
  });

  it("grows back when memory returns, and accounts for all", () => {
    const { memory, log, agent, fill, deliver } = createMemoryBench();
    fill(300);
    memory.freeBytes = 0;
    fill(500);

    memory.freeBytes = 100_000;
    const { logged } = log.stats();
    fill(301);
    expect(log.stats().pending).toBeGreaterThanOrEqual(300);
    deliver();

    const { acked, dropped, pending } = log.stats();
    expect(pending).toBe(0);
    expect(eventsOf(agent)).toHaveLength(acked);
    expect(acked + (dropped.ring_full ?? 0) + (dropped.outbox_full ?? 0)).toBe(logged + 301);
    const counted = [...agent.entries.values()].filter(({ kind }) => kind === "drop");
    expect(counted.length).toBeGreaterThan(0);
  });

  it("asks what is free once or twice a frame, and once in 16 drops, not at each call", () => {
    const { memory, fill } = createMemoryBench();

    fill(1_000);

    expect(memory.asked).toBeLessThan(60);
  });
});
