import type { Boot } from "../../shared/frame.ts";
import { createKept } from "./kept.ts";
import type { KeyedStore } from "./keyed-store.ts";
import { progressKey, progressPrefix, rangeOf } from "./keys.ts";
import { decodeJson } from "./record.ts";
import type { Progress } from "./spool.ts";

/** How far the boots of each lane are delivered; kept in memory for the lanes in use. */
export interface LaneProgress {
  read(lane: string): Promise<Progress[]>;
  /** These are on their way to the store. */
  settle(lane: string, progress: Progress[]): void;
  /** Something of the lane is on its way out of the store. */
  forget(lane: string): void;
}

/** Records in memory, some 300 bytes each. */
const defaultKeptRecords = 32_768;

export const createLaneProgress = (
  store: KeyedStore,
  keptRecords: number = defaultKeptRecords,
): LaneProgress => {
  const kept = createKept<Map<string, Progress>>(keptRecords);
  let forgotten = 0;

  const keyOf = ({ device, boot }: { device: string; boot: Boot }): string =>
    progressKey("", device, boot);
  const keep = (lane: string, records: Map<string, Progress>): void =>
    kept.set(lane, records, 1 + records.size);
  return {
    async read(lane) {
      const known = kept.get(lane);
      if (known !== undefined) return [...known.values()];
      const before = forgotten;
      const records = new Map<string, Progress>();
      for await (const [, value] of store.entries(rangeOf(progressPrefix(lane)))) {
        const done = decodeJson<Progress>(value);
        records.set(keyOf(done), done);
      }
      if (forgotten === before) keep(lane, records);
      return [...records.values()];
    },
    settle(lane, progress) {
      const known = kept.get(lane);
      if (known === undefined) return;
      for (const done of progress) known.set(keyOf(done), done);
      keep(lane, known);
    },
    forget(lane) {
      forgotten++;
      kept.drop(lane);
    },
  };
};
