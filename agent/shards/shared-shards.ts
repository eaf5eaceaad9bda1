import { randomUUID } from "node:crypto";
import { crc32 } from "node:zlib";
import { Redis } from "ioredis";
import { frameLimitBytes, shardCount } from "../../shared/limits.ts";
import { AgentError, messageOf } from "../errors.ts";
import type { Metrics } from "../metrics.ts";
import type { Pipeline } from "../pipeline.ts";
import type { RedisSettings } from "../settings.ts";
import { createRedisSpool } from "../spool/redis/redis-spool.ts";
import type { Spool, SpoolLimits } from "../spool/spool.ts";
import type { Time } from "../time.ts";
import { createLeases, type Lease, shardPrefix } from "./leases.ts";
import { createOwnership, type Owned } from "./ownership.ts";
import { createRelay } from "./relay.ts";
import type { Shards } from "./shards.ts";

export interface SharedShardsOptions {
  settings: RedisSettings & { url: string };
  fleet: string;
  limits: SpoolLimits;
  time: Time;
  metrics: Metrics;
  /** Makes the pipeline of a shard. */
  openPipeline(spool: Spool, ports: ShardPorts): Promise<Pipeline>;
  /** A broker of its own: devices of a shard may be connected to any agent. Else each can hear all frames. */
  hasOwnBroker: boolean;
  /** The shards that this agent has now. */
  onOwned(shards: ReadonlySet<number>): void;
  /** Bytes for a device that may be connected here. */
  onDown(device: string, payload: Uint8Array): void;
  onTrouble(message: string): void;
}

/** What the pipeline of a shard asks of the fleet. */
export interface ShardPorts {
  /** Its spool failed. */
  onFatal(cause: unknown): void;
  /** Bytes for a device that may be connected to another agent. */
  send(device: string, payload: Uint8Array): void;
}

/** A connection that names its failures. A command fails that has no answer within a quarter of a lease. */
const connect = (
  { url, leaseMs }: RedisSettings & { url: string },
  onTrouble: (message: string) => void,
): Redis => {
  const redis = new Redis(url, {
    maxRetriesPerRequest: 1,
    commandTimeout: leaseMs / 4,
    retryStrategy: (tries) => Math.min(2_000, 50 * 2 ** Math.min(tries, 6)),
  });
  redis.on("error", (cause) => onTrouble(`Redis is out of reach: ${messageOf(cause)}`));
  return redis;
};

/** What an ack promises is no more than Redis keeps: without its log synced on each write that is less. */
const checkDurability = async (
  redis: Redis,
  onTrouble: (message: string) => void,
): Promise<void> => {
  const [, appendonly] = (await redis.config("GET", "appendonly")) as string[];
  const [, appendfsync] = (await redis.config("GET", "appendfsync")) as string[];
  if (appendonly === "yes" && appendfsync === "always") return;
  onTrouble(
    `Redis may lose frames that were acknowledged: appendonly is "${appendonly}" and appendfsync "${appendfsync}", set "yes" and "always"`,
  );
};

/** Of one shard: a part of what the fleet may have, which any one stream of the shard may fill. */
const limitsOfShard = (limits: SpoolLimits): SpoolLimits => ({
  ...limits,
  limitBytes: Math.max(leastShardBytes, Math.floor(limits.limitBytes / shardCount)),
  laneShare: 1,
  limitDevices: Math.ceil(limits.limitDevices / shardCount),
  limitDeadLetters: Math.ceil(limits.limitDeadLetters / shardCount),
});

/** The largest frame, and what is stored with it. */
const leastShardBytes = 2 * frameLimitBytes;

/** Rejects with `REDIS_CONNECT`. */
export const createSharedShards = async (options: SharedShardsOptions): Promise<Shards> => {
  const redis = connect(options.settings, options.onTrouble);
  const listener = connect(options.settings, options.onTrouble);
  try {
    await checkDurability(redis, options.onTrouble);
    return await shareShards(options, { redis, listener });
  } catch (cause) {
    redis.disconnect();
    listener.disconnect();
    throw new AgentError(
      "REDIS_CONNECT",
      `Cannot share the fleet through Redis: ${messageOf(cause)}, check "redis.url"`,
      { cause },
    );
  }
};

const shareShards = async (
  options: SharedShardsOptions,
  { redis, listener }: { redis: Redis; listener: Redis },
): Promise<Shards> => {
  const { settings, fleet, time, metrics, hasOwnBroker, onTrouble } = options;
  const limits = limitsOfShard(options.limits);
  const agent = randomUUID();
  const { leaseMs } = settings;
  const running = new Map<number, Pipeline>();
  const leases = createLeases({ redis, fleet, agent, leaseMs });

  const relay = await createRelay({
    redis,
    listener,
    fleet,
    onFrame: (source, payload) => running.get(source.shard)?.receive(source, payload),
    onDown: options.onDown,
    onLost: () => metrics.relayLost++,
  });
  const send = hasOwnBroker ? relay.down : options.onDown;
  const begin = async ({ shard, token }: Lease, onLost: () => void): Promise<Owned> => {
    const prefix = shardPrefix(fleet, shard);
    const spool = await createRedisSpool({ ...limits, redis, prefix, token });
    const onFatal = (cause: unknown): void => {
      onTrouble(`Shard ${shard} is given up: ${messageOf(cause)}`);
      onLost();
    };
    const pipeline = await options.openPipeline(spool, { onFatal, send });
    running.set(shard, pipeline);
    return {
      async stop() {
        running.delete(shard);
        await pipeline.stop().catch((cause: unknown) => onTrouble(messageOf(cause)));
      },
    };
  };
  const ownership = await createOwnership({
    ...{ leases, agent, leaseMs, time, begin, onTrouble },
    onChange(shards) {
      options.onOwned(shards);
      relay.own(shards).catch((cause: unknown) => onTrouble(messageOf(cause)));
    },
  });
  const pipelines = (): Pipeline[] => [...running.values()];
  return {
    storeId: crc32(`fleetlog ${fleet}`),
    agent,
    receive(source, payload) {
      const pipeline = running.get(source.shard);
      if (pipeline !== undefined) pipeline.receive(source, payload);
      else if (hasOwnBroker) relay.up(source, payload);
    },
    of: (shard) => running.get(shard),
    pipelines,
    async drain(limitMs) {
      const drained = await Promise.all(pipelines().map((pipeline) => pipeline.drain(limitMs)));
      return !drained.includes(false);
    },
    async stop() {
      relay.stop();
      await ownership.stop();
      redis.disconnect();
      listener.disconnect();
    },
  };
};
