import { describe, expect, it } from "vitest";
import type { Lease, Leases } from "../../../agent/shards/leases.ts";
import { createOwnership, type Ownership, shardsOf } from "../../../agent/shards/ownership.ts";
import { simulatedTime } from "../../support/simulated-time.ts";

const leaseMs = 10_000;

/** Leases as Redis keeps them, in memory and simulated time. */
const fakeLeases = (nowMs: () => number) => {
  const owners = new Map<number, { agent: string; untilMs: number }>();
  const tokens = new Map<number, number>();
  const agents = new Map<string, number>();
  const cut = new Set<string>();
  const reach = (agent: string): void => {
    if (cut.has(agent)) throw new Error("Redis is out of reach");
  };
  const ownerOf = (shard: number): string | undefined => {
    const owner = owners.get(shard);
    return owner !== undefined && owner.untilMs > nowMs() ? owner.agent : undefined;
  };
  const of = (agent: string): Leases => ({
    async acquire(shard) {
      reach(agent);
      if (ownerOf(shard) !== undefined) return null;
      const token = (tokens.get(shard) ?? 0) + 1;
      tokens.set(shard, token);
      owners.set(shard, { agent, untilMs: nowMs() + leaseMs });
      return { shard, token };
    },
    async renew({ shard }) {
      reach(agent);
      if (ownerOf(shard) !== agent) return false;
      owners.set(shard, { agent, untilMs: nowMs() + leaseMs });
      return true;
    },
    async release({ shard }) {
      reach(agent);
      if (ownerOf(shard) === agent) owners.delete(shard);
    },
    async meet() {
      reach(agent);
      agents.set(agent, nowMs() + leaseMs);
      for (const [name, untilMs] of agents) if (untilMs <= nowMs()) agents.delete(name);
      return [...agents.keys()].sort();
    },
    async leave() {
      agents.delete(agent);
    },
  });
  return { of, cut };
};

const world = () => {
  const time = simulatedTime();
  const leases = fakeLeases(time.monotonicMs);
  /** Who works on each shard now: never two at a time. */
  const working = new Map<number, string>();
  const clashes: string[] = [];
  const troubles: string[] = [];
  const start = (agent: string): Promise<Ownership> =>
    createOwnership({
      agent,
      leases: leases.of(agent),
      leaseMs,
      time,
      async begin({ shard }: Lease) {
        const other = working.get(shard);
        if (other !== undefined) clashes.push(`${agent} began ${shard} of ${other}`);
        working.set(shard, agent);
        return {
          async stop() {
            if (working.get(shard) === agent) working.delete(shard);
          },
        };
      },
      onChange() {},
      onTrouble: (message) => troubles.push(`${agent}: ${message}`),
    });
  return { time, cut: leases.cut, working, clashes, troubles, start };
};

describe("shards of agents", () => {
  it("are all owned, each by one, about evenly", () => {
    const agents = ["a", "b", "c", "d"];

    const sizes = agents.map((agent) => shardsOf(agent, agents).size);

    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(64);
    expect(Math.min(...sizes)).toBeGreaterThan(6);
  });

  it("move only from or to an agent that goes or comes", () => {
    const before = shardsOf("a", ["a", "b", "c"]);

    const after = shardsOf("a", ["a", "b"]);

    for (const shard of before) expect(after.has(shard)).toBe(true);
  });
});

describe("ownership", () => {
  it("is of all shards while an agent is alone", async () => {
    const { start } = world();

    const alone = await start("a");

    expect(alone.shards().size).toBe(64);
  });

  it("is shared with an agent that comes, and no shard has two owners at a time", async () => {
    const { time, start, clashes } = world();
    const first = await start("a");
    const second = await start("b");

    await time.run(leaseMs);

    expect(first.shards()).toEqual(shardsOf("a", ["a", "b"]));
    expect(second.shards()).toEqual(shardsOf("b", ["a", "b"]));
    expect(clashes).toEqual([]);
  });

  it("goes to the others in order as an agent stops", async () => {
    const { time, start, clashes } = world();
    const first = await start("a");
    const second = await start("b");
    await time.run(leaseMs);

    await first.stop();
    await time.run(leaseMs);

    expect(second.shards().size).toBe(64);
    expect(clashes).toEqual([]);
  });

  it("is let go by an agent that Redis is out of reach of, before another takes it", async () => {
    const { time, start, cut, clashes, troubles } = world();
    const first = await start("a");
    const second = await start("b");
    await time.run(leaseMs);

    const owned = first.shards().size;
    cut.add("a");
    await time.run(3 * leaseMs);

    expect(first.shards().size).toBe(0);
    expect(second.shards().size).toBe(64);
    expect(clashes).toEqual([]);
    const told = troubles.filter((trouble) => trouble.startsWith("a: Cannot hold"));
    expect(told).toEqual([`a: Cannot hold ${owned} shards of the fleet: Redis is out of reach`]);
  });

  it("is taken again once Redis answers", async () => {
    const { time, start, cut } = world();
    const first = await start("a");
    cut.add("a");
    await time.run(2 * leaseMs);

    cut.delete("a");
    await time.run(2 * leaseMs);

    expect(first.shards().size).toBe(64);
  });
});
