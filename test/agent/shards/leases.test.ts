import { describe, expect, it } from "vitest";
import { createLeases, type Leases } from "../../../agent/shards/leases.ts";
import { redisForTests } from "../../support/redis.ts";

describe("leases", () => {
  const redisOf = redisForTests();
  let fleets = 0;

  /** Two agents of one fleet. */
  const twoAgents = (leaseMs = 60_000): [Leases, Leases] => {
    const redis = redisOf();
    const fleet = `fleet-${fleets++}`;
    return [
      createLeases({ redis, fleet, agent: "a", leaseMs }),
      createLeases({ redis, fleet, agent: "b", leaseMs }),
    ];
  };
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

  it("gives a shard to one agent at a time", async () => {
    const [first, second] = twoAgents();

    const lease = await first.acquire(7);

    expect(lease).toEqual({ shard: 7, token: 1 });
    expect(await second.acquire(7)).toBeNull();
    expect(await second.acquire(8)).toEqual({ shard: 8, token: 1 });
  });

  it("gives the next owner a higher token", async () => {
    const [first, second] = twoAgents();
    const lease = await first.acquire(7);
    await first.release(lease ?? { shard: 7, token: 0 });

    expect(await second.acquire(7)).toEqual({ shard: 7, token: 2 });
  });

  it("ends where it is not renewed, and cannot be renewed or released after that", async () => {
    const [first, second] = twoAgents(20);
    const lost = await first.acquire(7);
    await pause(40);
    const lease = await second.acquire(7);

    expect(await first.renew(lost ?? { shard: 7, token: 0 })).toBe(false);
    await first.release(lost ?? { shard: 7, token: 0 });
    expect(await second.renew(lease ?? { shard: 7, token: 0 })).toBe(true);
  });

  it("knows the agents that live, by the clock of Redis", async () => {
    const [first, second] = twoAgents();
    await first.meet();

    expect(await second.meet()).toEqual(["a", "b"]);
    await first.leave();
    expect(await second.meet()).toEqual(["b"]);
  });

  it("forgets an agent that was not heard of for the length of a lease", async () => {
    const [first, second] = twoAgents(20);
    await first.meet();
    await pause(40);

    expect(await second.meet()).toEqual(["b"]);
  });
});
