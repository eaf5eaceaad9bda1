import type { Change } from "./group-commit.ts";
import type { KeyedStore } from "./keyed-store.ts";
import { rangeOf, staleKey, staleOf } from "./keys.ts";
import type { Lanes } from "./lanes.ts";

/**
 * Records that must outlive the frames that wait in a lane now. Progress of a forgotten boot: of one
 * delivered in part, events would else be delivered again. Definitions that later frames do not
 * use: earlier ones could not be read any more.
 */
export interface StaleRecords {
  /**
   * These records go now, or once the frames that wait now in the lane are delivered; as long as some
   * are set aside from the lane, any of them may need the records.
   */
  forget(lane: string, records: readonly string[]): Change[];
  /** What may go after frames of the lane were delivered. */
  sweep(lane: string): Change[];
}

interface Stale {
  /** Where it is written that this one may go. */
  key: string;
  record: string;
  position: number;
}

export const createStaleRecords = async (
  store: KeyedStore,
  lanes: Lanes,
): Promise<StaleRecords> => {
  const staleOfLane = new Map<string, Stale[]>();
  const keep = (lane: string, stale: Stale): void => {
    const others = staleOfLane.get(lane);
    if (others === undefined) staleOfLane.set(lane, [stale]);
    else others.push(stale);
  };
  for (const key of await store.keys(rangeOf("x/"))) {
    const { lane, record, position } = staleOf(key);
    keep(lane, { key, record, position });
  }
  return {
    forget(lane, records) {
      const { frames, tail } = lanes.get(lane);
      const isEmpty = frames === 0 && !lanes.hasAside(lane);
      return records.map((record): Change => {
        if (isEmpty) return { type: "del", key: record };
        const key = staleKey(lane, tail, record);
        keep(lane, { key, record, position: tail });
        return { type: "put", key, value: new Uint8Array(0) };
      });
    },
    sweep(lane) {
      const stale = staleOfLane.get(lane);
      if (stale === undefined || lanes.hasAside(lane)) return [];
      const { frames, head } = lanes.get(lane);
      const kept = stale.findIndex(({ position }) => frames > 0 && position > head);
      const gone = stale.splice(0, kept < 0 ? stale.length : kept);
      if (stale.length === 0) staleOfLane.delete(lane);
      return gone.flatMap(({ key, record }): Change[] => [
        { type: "del", key },
        { type: "del", key: record },
      ]);
    },
  };
};
