import type { Spool, StoredFrame } from "../../spool/spool.ts";
import { framesByBoot } from "./boot-entries.ts";
import type { Waiting } from "./draft.ts";

/** What was looked at of a lane. */
export interface Found extends Waiting {
  /** Oldest first. */
  frames: StoredFrame[];
  byBoot: Map<string, StoredFrame[]>;
  /** Nothing else waits in the lane. */
  isAll: boolean;
}

/** Looks at the oldest frames of lanes. */
export interface Look {
  /** Enough for a batch, as far as the last ones tell. */
  forBatch(lane: string): Promise<Found>;
  /** At least all that any batch was made of. */
  forIntent(lane: string): Promise<Found>;
  /** A full batch was made of these frames. */
  noteFull(frames: readonly StoredFrame[]): void;
}

/** Bytes of frames looked at for one batch, at most; as messages they are 4 to 20 times as large. */
const mostBytes = 524_288;

/** And at least: so much is live traffic found behind a backlog. */
const leastBytes = 131_072;

/** Of what full batches were made of. What is read and not used is read again for the next batch. */
const batches = 3;

export const storedBytes = (frames: readonly StoredFrame[]): number =>
  frames.reduce((bytes, frame) => bytes + frame.storedBytes, 0);

/** One of the frames of each boot, its first. */
export const firstFrames = (byBoot: Map<string, StoredFrame[]>): StoredFrame[] =>
  [...byBoot.values()].map(([first]) => first as StoredFrame);

export const createLook = (spool: Pick<Spool, "read" | "progressOf">): Look => {
  let wantedBytes = mostBytes;

  const look = async (lane: string, limitBytes: number): Promise<Found> => {
    const frames = await spool.read(lane, limitBytes);
    const byBoot = framesByBoot(frames);
    const progress = await spool.progressOf(lane, firstFrames(byBoot));
    return { lane, frames, byBoot, progress, isAll: storedBytes(frames) <= limitBytes };
  };
  return {
    forBatch: (lane) => look(lane, wantedBytes),
    forIntent: (lane) => look(lane, mostBytes),
    noteFull(frames) {
      const bytes = batches * storedBytes(frames);
      wantedBytes = Math.min(mostBytes, Math.max(leastBytes, bytes));
    },
  };
};
