import type { Redis } from "ioredis";
import { AgentError, messageOf } from "../../errors.ts";
import type { Change } from "../group-commit.ts";
import type { KeyedStore } from "../keyed-store.ts";
import { frameKeysIn, isFrameKey, type KeyRange } from "../keys.ts";
import { createMirror, type Mirror } from "./mirror.ts";

export interface RedisStoreOptions {
  redis: Redis;
  /** Before the names of all keys in Redis; in braces what a cluster keeps together. */
  prefix: string;
  /** Of the lease under which the store is held: once a later one was given out nothing is written any more. */
  token: number;
}

/** Names of what a store has in Redis. */
export interface RedisNames {
  /** The token of the last lease. */
  fence: string;
  /** Hash of all records but frames. */
  records: string;
  /** Hash of the frames, by their keys. */
  frames: string;
}

export const redisNamesOf = (prefix: string): RedisNames => ({
  fence: `${prefix}:fence`,
  records: `${prefix}:records`,
  frames: `${prefix}:frames`,
});

/**
 * All of the changes or none: Redis runs a script as one step. KEYS: fence, records, frames. ARGV: the
 * token, then `p` or `d`, the key, and for `p` the value.
 */
const writeScript = `
if redis.call("get", KEYS[1]) ~= ARGV[1] then return redis.error_reply("FENCED") end
local place = 2
while place <= #ARGV do
  local key = ARGV[place + 1]
  local hash = string.sub(key, 1, 2) == "f/" and KEYS[3] or KEYS[2]
  if ARGV[place] == "p" then
    redis.call("hset", hash, key, ARGV[place + 2])
    place = place + 3
  else
    redis.call("hdel", hash, key)
    place = place + 2
  end
end
return redis.status_reply("OK")
`;

/** Records, or frames, that are asked for at once. */
const pageRecords = 512;

const argumentsOf = (changes: readonly Change[]): (string | Buffer)[] =>
  changes.flatMap((change) =>
    change.type === "put"
      ? [
          "p",
          change.key,
          Buffer.from(change.value.buffer, change.value.byteOffset, change.value.length),
        ]
      : ["d", change.key],
  );

const writeError = (cause: unknown): AgentError =>
  messageOf(cause).includes("FENCED")
    ? new AgentError("SPOOL_FENCED", "Cannot write to the spool: another agent has taken it over", {
        cause,
      })
    : new AgentError(
        "SPOOL_FAILED",
        `Cannot write to the spool in Redis: ${messageOf(cause)}, nothing of this write was acknowledged`,
        { cause },
      );

const readRecords = async (redis: Redis, hash: string, mirror: Mirror): Promise<void> => {
  let cursor = "0";
  do {
    const [next, found] = await redis.hscanBuffer(hash, cursor, "COUNT", pageRecords);
    cursor = next.toString();
    const changes: Change[] = [];
    for (let place = 0; place + 1 < found.length; place += 2) {
      const key = (found[place] as Buffer).toString();
      changes.push({ type: "put", key, value: found[place + 1] as Buffer });
    }
    mirror.apply(changes);
  } while (cursor !== "0");
};

/**
 * A store in Redis. All records but frames are kept in memory too, for under its lease nobody else
 * changes them. It is as durable as Redis is set to be.
 */
export const openRedisStore = async ({
  redis,
  prefix,
  token,
}: RedisStoreOptions): Promise<KeyedStore> => {
  const { fence, records, frames } = redisNamesOf(prefix);
  const mirror = createMirror();
  await readRecords(redis, records, mirror);

  const readPage = async (keys: readonly string[]): Promise<[string, Uint8Array][]> => {
    const values = await redis.hmgetBuffer(frames, ...keys);
    return values.flatMap((value, place) =>
      value === null ? [] : [[keys[place] as string, value] as [string, Uint8Array]],
    );
  };
  async function* readFrames(range: KeyRange): AsyncGenerator<[string, Uint8Array]> {
    let page: string[] = [];
    for (const key of frameKeysIn(range)) {
      page.push(key);
      if (page.length < pageRecords) continue;
      yield* await readPage(page);
      page = [];
    }
    if (page.length > 0) yield* await readPage(page);
  }
  async function* readMirror(keys: readonly string[]): AsyncGenerator<[string, Uint8Array]> {
    for (const key of keys) yield [key, mirror.get(key) as Uint8Array];
  }
  return {
    areFramesFar: true,
    get: async (key) => mirror.get(key),
    getSync: mirror.get,
    keys: async (range) => mirror.keys(range),
    entries: (range) =>
      isFrameKey(range.gte) ? readFrames(range) : readMirror(mirror.keys(range)),
    async write(changes) {
      try {
        const keys = [fence, records, frames];
        await redis.eval(writeScript, keys.length, ...keys, token, ...argumentsOf(changes));
      } catch (cause) {
        throw writeError(cause);
      }
      mirror.apply(changes.filter(({ key }) => !isFrameKey(key)));
    },
    async close() {},
  };
};
