import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type SharedFleet, startSharedFleet } from "../support/shared-fleet.ts";
import { count, ordinals, until } from "../support/system.ts";

describe("agents that share a fleet", () => {
  let fleet: SharedFleet;

  beforeEach(async () => {
    fleet = await startSharedFleet({ agents: 2, devices: 6, leaseMs: 1_000 });
  });

  afterEach(() => fleet.stop());

  const logAll = (from: number, to: number): void => {
    for (const ordinal of count(to - from)) {
      for (const { log } of fleet.devices) log.info("event %d", from + ordinal);
    }
  };
  const acked = (): Promise<void> =>
    until("acks", () => fleet.devices.every(({ log }) => log.stats().pending === 0));

  it("take the frames of each other's shards, and deliver every event once, in order", async () => {
    logAll(0, 100);
    await acked();

    const events = await fleet.settle();

    for (const { id } of fleet.devices) expect(ordinals(events, id)).toEqual(count(100));
  });

  it("take over from one that dies, and lose and double nothing uncounted", async () => {
    logAll(0, 100);
    await fleet.replace(0);
    logAll(100, 200);
    await acked();
    await fleet.replace(1);
    logAll(200, 300);
    await acked();

    const events = await fleet.settle();

    for (const { id } of fleet.devices) {
      expect([...new Set(ordinals(events, id))]).toEqual(count(300));
    }
    const logged = events.filter(({ event }) => event === undefined);
    const doubled =
      logged.length - new Set(logged.map((each) => `${each.device} ${each.boot} ${each.seq}`)).size;
    expect(doubled).toBeLessThanOrEqual(fleet.possiblyDuplicated());
  });

  it("take over from one that stands still, whose late writes are refused", async () => {
    logAll(0, 50);
    await fleet.pause(0, 2_500);
    logAll(50, 100);
    await acked();

    const events = await fleet.settle();

    for (const { id } of fleet.devices) {
      expect([...new Set(ordinals(events, id))]).toEqual(count(100));
    }
  });
});
