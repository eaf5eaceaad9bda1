import type { KeyedStore } from "../../agent/spool/keyed-store.ts";

/** What outlives a fake store: all that was written. */
export type FakeDisk = Map<string, Uint8Array>;

/** A store in memory. */
export interface FakeStore {
  store: KeyedStore;
  disk: FakeDisk;
  /** Ranges of entries and single values that were asked for. */
  reads(): number;
}

export const fakeStore = (disk: FakeDisk = new Map()): FakeStore => {
  let reads = 0;
  const store: KeyedStore = {
    get: async (key) => disk.get(key),
    getSync(key) {
      reads++;
      return disk.get(key);
    },
    async keys({ gte, lt, limit, reverse }) {
      const keys = [...disk.keys()].filter((key) => key >= gte && key < lt).sort();
      return (reverse ? keys.reverse() : keys).slice(0, limit);
    },
    async *entries(range) {
      reads++;
      for (const key of await store.keys(range)) yield [key, disk.get(key) as Uint8Array];
    },
    async write(changes) {
      for (const change of changes) {
        if (change.type === "put") disk.set(change.key, Buffer.from(change.value));
        else disk.delete(change.key);
      }
    },
    close: async () => {},
  };
  return { store, disk, reads: () => reads };
};
