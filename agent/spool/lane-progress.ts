import type { Change } from "./group-commit.ts";
import type { Progress } from "./intent.ts";
import { createKept } from "./kept.ts";
import type { KeyedStore } from "./keyed-store.ts";
import { progressKey, progressPrefix } from "./keys.ts";
import { decodeJson } from "./record.ts";
import type { BootOfDevice } from "./spool.ts";

/** How far the boots of each lane are delivered; kept in memory for the lanes in use. */
export interface LaneProgress {
  /** Of these boots, where they have any. */
  read(lane: string, boots: readonly BootOfDevice[]): Progress[];
  /** These are on their way to the store. */
  settle(lane: string, progress: readonly Progress[]): void;
  /** Records of the lane may be among what these changes, on their way to the store, delete. */
  forget(lane: string, changes: readonly Change[]): void;
}

/** Records in memory, some 300 bytes each. */
const defaultKeptRecords = 32_768;

export const createLaneProgress = (
  store: Pick<KeyedStore, "getSync">,
  keptRecords: number = defaultKeptRecords,
): LaneProgress => {
  /** Null for what the store does not hold. */
  const kept = createKept<Map<string, Progress | null>>(keptRecords);

  const readStore = (key: string): Progress | null => {
    const record = store.getSync(key);
    return record === undefined ? null : decodeJson<Progress>(record);
  };
  return {
    read(lane, boots) {
      const records = kept.get(lane) ?? new Map<string, Progress | null>();
      const found: Progress[] = [];
      for (const { device, boot } of boots) {
        const key = progressKey(lane, device, boot);
        const known = records.get(key);
        const done = known === undefined ? readStore(key) : known;
        records.set(key, done);
        if (done !== null) found.push(done);
      }
      kept.set(lane, records, records.size);
      return found;
    },
    settle(lane, progress) {
      const records = kept.get(lane);
      if (records === undefined) return;
      for (const done of progress) records.set(progressKey(lane, done.device, done.boot), done);
      kept.set(lane, records, records.size);
    },
    forget(lane, changes) {
      const prefix = progressPrefix(lane);
      const gone = changes.filter(({ type, key }) => type === "del" && key.startsWith(prefix));
      if (gone.length === 0) return;
      const records = kept.get(lane) ?? new Map<string, Progress | null>();
      for (const { key } of gone) records.set(key, null);
      kept.set(lane, records, records.size);
    },
  };
};
