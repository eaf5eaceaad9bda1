import type { Change, LateChange } from "./group-commit.ts";
import type { KeyedStore } from "./keyed-store.ts";

/** Reads what the store will hold once all that is on its way has reached it. */
export interface Unwritten {
  read(key: string): Uint8Array | undefined;
  /** These changes are on their way; gives them back. */
  begin(changes: Change[]): Change[];
  /** Whether changes are on their way. */
  hasAny(): boolean;
  /** Changes have reached the store; those that were not begun are passed over. */
  end(changes: readonly (Change | LateChange)[]): void;
}

export const createUnwritten = (store: Pick<KeyedStore, "getSync">): Unwritten => {
  /** The last change of each key; a later one waits for its own end. */
  const changed = new Map<string, Change>();
  return {
    read(key) {
      const change = changed.get(key);
      if (change === undefined) return store.getSync(key);
      return change.type === "put" ? change.value : undefined;
    },
    begin(changes) {
      for (const change of changes) changed.set(change.key, change);
      return changes;
    },
    hasAny: () => changed.size > 0,
    end(changes) {
      if (changed.size === 0) return;
      for (const change of changes) {
        if (changed.get(change.key) === change) changed.delete(change.key);
      }
    },
  };
};
