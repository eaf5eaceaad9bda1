/** What is kept in memory of what the store holds: within a limit, those used last. */
export interface Kept<Value> {
  /** Counts as a use. */
  get(key: string): Value | undefined;
  /** Keeps a value that takes `size` of the limit; one that exceeds it alone is not kept. */
  set(key: string, value: Value, size: number): void;
  drop(key: string): void;
  /** Of all that is kept. */
  size(): number;
}

export const createKept = <Value>(limit: number): Kept<Value> => {
  const kept = new Map<string, { value: Value; size: number }>();
  let total = 0;

  const drop = (key: string): void => {
    total -= kept.get(key)?.size ?? 0;
    kept.delete(key);
  };
  return {
    get(key) {
      const found = kept.get(key);
      if (found === undefined) return undefined;
      kept.delete(key);
      kept.set(key, found);
      return found.value;
    },
    set(key, value, size) {
      drop(key);
      if (size > limit) return;
      kept.set(key, { value, size });
      total += size;
      for (const oldest of kept.keys()) {
        if (total <= limit) break;
        drop(oldest);
      }
    },
    drop,
    size: () => total,
  };
};
