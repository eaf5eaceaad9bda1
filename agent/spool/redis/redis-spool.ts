import { createKeyedSpool } from "../keyed-spool.ts";
import type { Spool, SpoolLimits } from "../spool.ts";
import { openRedisStore, type RedisStoreOptions } from "./redis-store.ts";

/** A spool in Redis, held under a lease; opened by each owner in turn. */
export const createRedisSpool = async (options: RedisStoreOptions & SpoolLimits): Promise<Spool> =>
  createKeyedSpool(await openRedisStore(options), options);
