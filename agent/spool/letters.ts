import { remove } from "./changes.ts";
import { createEvicted, type Evicted, type EvictedCount } from "./evicted.ts";
import type { Change } from "./group-commit.ts";
import type { KeyedStore } from "./keyed-store.ts";
import { letterKey, letterKeyOf, positionOf, rangeOf } from "./keys.ts";
import { decodeJson, encodeJson } from "./record.ts";
import type { DeadLetter } from "./spool.ts";

/** Dead letters of one kind, oldest first: beyond the limit the oldest give way. */
interface Ring {
  prefix: string;
  /** Position of the oldest. */
  head: number;
  /** Position of the next. */
  tail: number;
}

/**
 * The dead letters of a store. Those with events and those with bytes that could not be read have
 * a limit each, so that malformed input cannot push events out.
 */
export interface Letters {
  /** What keeps a letter, and lets the oldest of its kind go where there are too many. */
  add(letter: DeadLetter): Change[];
  /** Counts a letter that is not kept at all. */
  evict(device: string, reason: string): Change[];
  drop(ids: readonly string[]): Change[];
  /** What gave way of a device's letters and was not told yet. */
  evicted: Pick<Evicted, "take">;
}

export interface LettersOptions {
  store: KeyedStore;
  /** Letters kept of each kind. */
  limit: number;
  onEvicted(): void;
}

/** What is told of a letter once it is gone. */
interface Summary extends EvictedCount {
  device: string;
}

const summaryOf = ({ content, device, reason }: DeadLetter): Summary => ({
  device,
  reason,
  count: Array.isArray(content) ? content.length : 1,
});

export const createLetters = async (options: LettersOptions): Promise<Letters> => {
  const { store, limit, onEvicted } = options;
  const events = await restore(store, "d/events/");
  const malformed = await restore(store, "d/malformed/");
  const evicted = await createEvicted(store);
  /** Of letters that may not have reached the store yet: those of this run. */
  const summaries = new Map<string, Summary>();

  const summaryAt = (key: string): Summary | null => {
    const known = summaries.get(key);
    if (known !== undefined) return known;
    const record = store.getSync(key);
    return record === undefined ? null : summaryOf(decodeJson<DeadLetter>(record));
  };
  const count = ({ device, ...what }: Summary): Change => {
    onEvicted();
    return evicted.count(device, what);
  };
  const evictOldest = (ring: Ring): Change[] => {
    const key = letterKey(ring.prefix, ring.head++);
    const summary = summaryAt(key);
    summaries.delete(key);
    return summary === null ? [] : [remove(key), count(summary)];
  };
  return {
    add(letter) {
      const ring = Array.isArray(letter.content) ? events : malformed;
      const key = letterKey(ring.prefix, ring.tail++);
      summaries.set(key, summaryOf(letter));
      const changes: Change[] = [{ type: "put", key, value: encodeJson(letter) }];
      while (ring.tail - ring.head > limit) changes.push(...evictOldest(ring));
      return changes;
    },
    evict: (device, reason) => [count({ device, reason, count: 1 })],
    drop(ids) {
      const keys = ids.map(letterKeyOf);
      for (const key of keys) summaries.delete(key);
      return keys.map(remove);
    },
    evicted,
  };
};

const restore = async (store: KeyedStore, prefix: string): Promise<Ring> => {
  const range = { ...rangeOf(prefix), limit: 1 };
  const [oldest] = await store.keys(range);
  const [newest] = await store.keys({ ...range, reverse: true });
  if (oldest === undefined || newest === undefined) return { prefix, head: 0, tail: 0 };
  return { prefix, head: positionOf(oldest), tail: positionOf(newest) + 1 };
};
