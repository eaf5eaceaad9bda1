import { Redis } from "ioredis";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import { type RedisServer, startRedis } from "./redis-server.ts";

/** Starts a Redis before the tests of a file; call it inside `describe`, ask it inside tests. */
export const redisForTests = (): (() => Redis) => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());
  return () => {
    const redis = new Redis(server.path);
    onTestFinished(() => redis.disconnect());
    return redis;
  };
};
