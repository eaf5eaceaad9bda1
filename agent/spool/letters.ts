import type { Change } from "./group-commit.ts";
import type { KeyedStore } from "./keyed-store.ts";
import { letterKey, positionOf, rangeOf } from "./keys.ts";
import { encodeJson } from "./record.ts";
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
}

export interface LettersOptions {
  store: KeyedStore;
  /** Letters kept of each kind. */
  limit: number;
  onEvicted(): void;
}

export const createLetters = async (options: LettersOptions): Promise<Letters> => {
  const { store, limit, onEvicted } = options;
  const events = await restore(store, "d/events/");
  const malformed = await restore(store, "d/malformed/");
  return {
    add(letter) {
      const ring = Array.isArray(letter.content) ? events : malformed;
      const key = letterKey(ring.prefix, ring.tail++);
      const changes: Change[] = [{ type: "put", key, value: encodeJson(letter) }];
      for (; ring.tail - ring.head > limit; ring.head++) {
        onEvicted();
        changes.push({ type: "del", key: letterKey(ring.prefix, ring.head) });
      }
      return changes;
    },
  };
};

const restore = async (store: KeyedStore, prefix: string): Promise<Ring> => {
  const range = { ...rangeOf(prefix), limit: 1 };
  const [oldest] = await store.keys(range);
  const [newest] = await store.keys({ ...range, reverse: true });
  if (oldest === undefined || newest === undefined) return { prefix, head: 0, tail: 0 };
  return { prefix, head: positionOf(oldest), tail: positionOf(newest) + 1 };
};
