import type { Redis } from "ioredis";
import { redisNamesOf } from "../spool/redis/redis-store.ts";

/** A shard that this agent owns. */
export interface Lease {
  shard: number;
  /** Rises with each owner of the shard; what an earlier owner writes to its spool is refused. */
  token: number;
}

/** Which agent may deliver which shard: each shard has one owner at a time. */
export interface Leases {
  /** Null where another agent holds the shard. */
  acquire(shard: number): Promise<Lease | null>;
  /** Holds the shard for another `leaseMs`; false where it is lost. */
  renew(lease: Lease): Promise<boolean>;
  release(lease: Lease): Promise<void>;
  /** Says that this agent lives for another `leaseMs`; gives all that do, this one included, in order. */
  meet(): Promise<string[]>;
  /** This agent takes no shards any more. */
  leave(): Promise<void>;
}

export interface LeasesOptions {
  redis: Redis;
  /** Names the fleet in Redis. */
  fleet: string;
  /** Names this run of this agent: no other has the name. */
  agent: string;
  /** How long a lease holds that is not renewed. */
  leaseMs: number;
}

/** What a shard has in Redis; the braces keep it together in a cluster. */
export const shardPrefix = (fleet: string, shard: number): string => `fleetlog:{${fleet}:${shard}}`;

const acquireScript = `
if not redis.call("set", KEYS[1], ARGV[1], "nx", "px", ARGV[2]) then return false end
return redis.call("incr", KEYS[2])
`;

const renewScript = `
if redis.call("get", KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call("pexpire", KEYS[1], ARGV[2])
`;

const releaseScript = `
if redis.call("get", KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call("del", KEYS[1])
`;

/** By the clock of Redis, so that those of the agents do not matter. */
const meetScript = `
local now = redis.call("time")
local nowMs = now[1] * 1000 + math.floor(now[2] / 1000)
redis.call("zadd", KEYS[1], nowMs + ARGV[2], ARGV[1])
redis.call("zremrangebyscore", KEYS[1], "-inf", nowMs)
local agents = redis.call("zrange", KEYS[1], 0, -1)
table.sort(agents)
return agents
`;

export const createLeases = ({ redis, fleet, agent, leaseMs }: LeasesOptions): Leases => {
  const agentsKey = `fleetlog:{${fleet}}:agents`;
  const leaseKey = (shard: number): string => `${shardPrefix(fleet, shard)}:lease`;
  return {
    async acquire(shard) {
      const { fence } = redisNamesOf(shardPrefix(fleet, shard));
      const token = await redis.eval(acquireScript, 2, leaseKey(shard), fence, agent, leaseMs);
      return token === null ? null : { shard, token: Number(token) };
    },
    renew: async ({ shard }) =>
      (await redis.eval(renewScript, 1, leaseKey(shard), agent, leaseMs)) === 1,
    async release({ shard }) {
      await redis.eval(releaseScript, 1, leaseKey(shard), agent);
    },
    meet: async () => (await redis.eval(meetScript, 1, agentsKey, agent, leaseMs)) as string[],
    async leave() {
      await redis.zrem(agentsKey, agent);
    },
  };
};
