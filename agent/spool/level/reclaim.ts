import { frameKey } from "../keys.ts";
import type { StoredFrame } from "../spool.ts";

/**
 * Has the store give back the space of frames that are gone. LevelDB marks what is deleted, and frees
 * it when it happens to rewrite that range: after a backlog that may be never.
 */
export interface Reclaim {
  /** These frames of the lane were deleted. */
  note(lane: string, frames: readonly StoredFrame[]): void;
  /** Begins where it is worth it: less is while the disk `isLow`. `waitingBytes` of frames are left. */
  run(waitingBytes: number, isLow: boolean): void;
  /** Resolves once none runs: what is read meanwhile keeps the old tables beside the new ones. */
  ended(): Promise<void>;
}

/** A store that can rewrite part of its keys. */
export interface Compactable {
  compactRange(start: string, end: string): Promise<void>;
  /** Bytes on the disk, roughly. */
  approximateSize(start: string, end: string): Promise<number>;
}

/** Space is given back once so much, and as much as still waits, can be had. */
const worthwhileBytes = 16_777_216;

const worthwhileWhenLowBytes = 1_048_576;

/** What is rewritten at once needs as much room beside it until it is done. */
const stepBytes = 8_388_608;

export const createReclaim = (store: Compactable): Reclaim => {
  /** Lanes of which frames were deleted, and below which position. */
  let deleted = new Map<string, number>();
  let deletedBytes = 0;
  let isRunning = false;
  let running: Promise<void> = Promise.resolve();

  const compactAll = async (lanes: Map<string, number>): Promise<void> => {
    const ranges = [...lanes]
      .map(([lane, upTo]) => ({ start: frameKey(lane, 0), end: frameKey(lane, upTo) }))
      .sort((left, right) => (left.start < right.start ? -1 : 1));
    for (let at = 0; at < ranges.length; ) {
      const { start, end: first } = ranges[at++] as { start: string; end: string };
      let end = first;
      for (; at < ranges.length; at++) {
        const next = ranges[at]?.end as string;
        if ((await store.approximateSize(start, next)) > stepBytes) break;
        end = next;
      }
      await store.compactRange(start, end);
    }
    // Tables that were read while the last one ended are removed with the next.
    await store.compactRange("", "");
  };
  return {
    note(lane, frames) {
      let upTo = deleted.get(lane) ?? 0;
      for (const { position, storedBytes } of frames) {
        upTo = Math.max(upTo, position + 1);
        deletedBytes += storedBytes;
      }
      if (upTo > 0) deleted.set(lane, upTo);
    },
    run(waitingBytes, isLow) {
      const leastBytes = isLow ? worthwhileWhenLowBytes : Math.max(worthwhileBytes, waitingBytes);
      if (isRunning || deletedBytes < leastBytes) return;
      isRunning = true;
      const lanes = deleted;
      deleted = new Map();
      deletedBytes = 0;
      const ended = (): void => {
        isRunning = false;
      };
      running = compactAll(lanes).then(ended, ended);
    },
    ended: () => running,
  };
};
