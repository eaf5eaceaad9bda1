import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createRedisSpool } from "../../../../agent/spool/redis/redis-spool.ts";
import { redisNamesOf } from "../../../../agent/spool/redis/redis-store.ts";
import type { Spool, SpoolLimits } from "../../../../agent/spool/spool.ts";
import { spoolContract } from "../../../contract/spool.ts";
import { newFrame, recordOf } from "../../../support/any-receipt.ts";
import { anyLimits } from "../../../support/fake-spool.ts";
import { append, everything } from "../../../support/opened-spool.ts";
import { type RedisServer, startRedis } from "../../../support/redis-server.ts";

let server: RedisServer;
let redis: Redis;

beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.path);
});

afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

/** Opens a spool as the next owner of its shard does. */
const openSpool = async (place: string, limits: Partial<SpoolLimits>): Promise<Spool> => {
  const prefix = `fleetlog:{test:${place}}`;
  const token = await redis.incr(redisNamesOf(prefix).fence);
  return createRedisSpool({ ...anyLimits, ...limits, redis, prefix, token });
};

spoolContract("redis spool", openSpool);

describe("redis spool", () => {
  const open = async (place: string): Promise<Spool> => {
    const spool = await openSpool(place, {});
    onTestFinished(() => spool.close().catch(() => {}));
    return spool;
  };

  it("takes nothing from an owner whose lease another has had since", async () => {
    const former = await open("fenced");
    await append(former, newFrame("pump", 0));
    const next = await open("fenced");

    const late = append(former, newFrame("pump", 1));

    await expect(late).rejects.toMatchObject({ code: "SPOOL_FENCED" });
    await append(next, newFrame("pump", 1));
    expect(await next.read("g:pump", everything)).toMatchObject([{ from: 0 }, { from: 1 }]);
  });

  it("writes nothing of a group that is refused", async () => {
    const former = await open("whole");
    const next = await open("whole");
    const frame = newFrame("pump", 0);

    await former.append(frame, recordOf(frame), { isNewDevice: true, forget: [] }).catch(() => {});

    expect(await redis.keys("fleetlog:{test:whole}:frames")).toEqual([]);
    expect(next.usage().frames).toBe(0);
  });

  it("reads a lane of more frames than are asked for at once", async () => {
    const spool = await open("many");
    await Promise.all(
      Array.from({ length: 1_300 }, (_, seq) => append(spool, newFrame("pump", seq))),
    );
    const next = await open("many");

    const frames = await next.read("g:pump", everything);

    expect(frames.map(({ from }) => from)).toEqual([...Array(1_300).keys()]);
  });

  it("names what failed where Redis is gone", async () => {
    const other = await startRedis();
    const connection = new Redis(other.path, {
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
    });
    connection.on("error", () => {});
    const prefix = "fleetlog:{test:gone}";
    const token = await connection.incr(redisNamesOf(prefix).fence);
    const spool = await createRedisSpool({ ...anyLimits, redis: connection, prefix, token });
    await other.stop();

    const lost = append(spool, newFrame("pump", 0));

    await expect(lost).rejects.toMatchObject({
      code: "SPOOL_FAILED",
      message: expect.stringMatching(/^Cannot write to the spool in Redis: /),
    });
  });
});
