import type { Boot } from "../../shared/frame.ts";
import type { Change } from "./group-commit.ts";
import type { KeyedStore } from "./keyed-store.ts";
import { progressKey, rangeOf, staleKey, staleOf } from "./keys.ts";
import type { Lanes } from "./lanes.ts";

/**
 * Progress of boots that are forgotten. It must outlive the boot's last frame in its lane, for one
 * that is delivered in part would else be delivered again; then it goes.
 */
export interface StaleProgress {
  /** The boot is forgotten: its progress goes now, or once the frames that wait now are delivered. */
  forget(lane: string, device: string, boot: Boot): Change[];
  /** What may go after frames of the lane were delivered. */
  sweep(lane: string): Change[];
}

interface Stale {
  /** Where it is written that this one may go. */
  key: string;
  progress: string;
  position: number;
}

export const createStaleProgress = async (
  store: KeyedStore,
  lanes: Lanes,
): Promise<StaleProgress> => {
  const staleOfLane = new Map<string, Stale[]>();
  const keep = (lane: string, stale: Stale): void => {
    const others = staleOfLane.get(lane);
    if (others === undefined) staleOfLane.set(lane, [stale]);
    else others.push(stale);
  };
  for (const key of await store.keys(rangeOf("x/"))) {
    const { lane, progress, position } = staleOf(key);
    keep(lane, { key, progress, position });
  }
  return {
    forget(lane, device, boot) {
      const progress = progressKey(lane, device, boot);
      const { frames, tail } = lanes.get(lane);
      if (frames === 0) return [{ type: "del", key: progress }];
      const key = staleKey(progress, tail);
      keep(lane, { key, progress, position: tail });
      return [{ type: "put", key, value: new Uint8Array(0) }];
    },
    sweep(lane) {
      const stale = staleOfLane.get(lane);
      if (stale === undefined) return [];
      const { frames, head } = lanes.get(lane);
      const kept = stale.findIndex(({ position }) => frames > 0 && position > head);
      const gone = stale.splice(0, kept < 0 ? stale.length : kept);
      if (stale.length === 0) staleOfLane.delete(lane);
      return gone.flatMap(({ key, progress }): Change[] => [
        { type: "del", key },
        { type: "del", key: progress },
      ]);
    },
  };
};
