import { createKept } from "./kept.ts";
import type { KeyedStore } from "./keyed-store.ts";
import { frameKey, positionOf } from "./keys.ts";
import type { Lanes } from "./lanes.ts";
import { decodeStored } from "./record.ts";
import type { StoredFrame } from "./spool.ts";

/**
 * The frames of the lanes. Those that were stored or read lately are also kept in memory, so that
 * live traffic never reads the store: 0.25 ms a read is more than a small batch costs otherwise.
 */
export interface LaneFrames {
  /** Frames of a lane, oldest first, until they exceed `limitBytes`; at least one where any waits. */
  read(lane: string, limitBytes: number): Promise<StoredFrame[]>;
  /** The frame is on its way to the store, behind all others of its lane. */
  append(frame: StoredFrame): void;
  /** These frames of the lane are on their way out of the store. */
  remove(lane: string, frames: StoredFrame[]): void;
}

/** All frames of a lane that wait below `upTo`. */
interface Held {
  frames: StoredFrame[];
  bytes: number;
  upTo: number;
}

export interface LaneFramesOptions {
  store: KeyedStore;
  lanes: Lanes;
  /** Of frames in memory, all lanes together; the lane not used for longest gives way. */
  keptBytes?: number;
}

const defaultKeptBytes = 33_554_432;

/** Of one lane: the window of two batches. */
const keptLaneBytes = 1_048_576;

/** Frames that are read one by one: an iterator takes as long as 50 of them. */
const singlesLimit = 8;

/** What a frame takes in memory besides its bytes. */
const frameOverheadBytes = 400;

const sizeOf = ({ storedBytes }: StoredFrame): number => storedBytes + frameOverheadBytes;

/** The first frames, until they exceed `limitBytes`, and whether they do. */
const firstOf = (
  frames: StoredFrame[],
  limitBytes: number,
): { first: StoredFrame[]; leftBytes: number } => {
  let leftBytes = limitBytes;
  const end = frames.findIndex(({ storedBytes }) => {
    leftBytes -= storedBytes;
    return leftBytes < 0;
  });
  return { first: end < 0 ? frames.slice() : frames.slice(0, end + 1), leftBytes };
};

export const createLaneFrames = (options: LaneFramesOptions): LaneFrames => {
  const { store, lanes, keptBytes = defaultKeptBytes } = options;
  const kept = createKept<Held>(keptBytes);

  const hold = (lane: string, { frames, bytes }: Held, added: StoredFrame[]): void => {
    const held = { frames, bytes, upTo: (added.at(-1)?.position ?? -1) + 1 };
    for (const frame of added) {
      frames.push(frame);
      held.bytes += sizeOf(frame);
    }
    kept.set(lane, held, held.bytes);
  };
  const readStore = async (
    lane: string,
    from: number,
    limitBytes: number,
  ): Promise<StoredFrame[]> => {
    const { tail } = lanes.get(lane);
    const frames: StoredFrame[] = [];
    let leftBytes = limitBytes;
    const add = (position: number, record: Uint8Array): void => {
      frames.push(decodeStored(lane, position, record));
      leftBytes -= record.length;
    };
    if (!store.areFramesFar && tail - from <= singlesLimit) {
      for (let position = from; position < tail && leftBytes >= 0; position++) {
        const record = store.getSync(frameKey(lane, position));
        if (record !== undefined) add(position, record);
      }
      return frames;
    }
    const range = { gte: frameKey(lane, from), lt: frameKey(lane, tail) };
    for await (const [key, record] of store.entries(range)) {
      add(positionOf(key), record);
      if (leftBytes < 0) break;
    }
    return frames;
  };
  return {
    async read(lane, limitBytes) {
      const { head, tail } = lanes.get(lane);
      const held = kept.get(lane) ?? { frames: [], bytes: 0, upTo: head };
      const { first, leftBytes } = firstOf(held.frames, limitBytes);
      if (leftBytes < 0 || held.upTo >= tail) return first;
      const added = await readStore(lane, held.upTo, leftBytes);
      const now = kept.get(lane);
      const isSame = now === undefined ? held.bytes === 0 : now === held;
      if (added.length > 0 && isSame) hold(lane, held, added);
      const oldest = first[0] ?? added[0];
      if (oldest !== undefined) lanes.noteHead(lane, oldest.position);
      return first.concat(added);
    },
    append(frame) {
      const { lane, position } = frame;
      const isFirst = lanes.get(lane).frames === 1;
      const held = isFirst ? { frames: [], bytes: 0, upTo: position } : kept.get(lane);
      if (held?.upTo !== position || held.bytes + sizeOf(frame) > keptLaneBytes) return;
      hold(lane, held, [frame]);
    },
    remove(lane, frames) {
      const held = kept.get(lane);
      if (held === undefined) return;
      if (lanes.get(lane).frames === 0) {
        kept.drop(lane);
        return;
      }
      const gone = new Set(frames.map(({ position }) => position));
      const left = held.frames.filter(({ position }) => !gone.has(position));
      const bytes = left.reduce((sum, frame) => sum + sizeOf(frame), 0);
      kept.set(lane, { ...held, frames: left, bytes }, bytes);
    },
  };
};
