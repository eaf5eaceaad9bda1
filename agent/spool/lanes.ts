import { awaitedIn, baseLane } from "./aside.ts";
import type { StoredFrame } from "./spool.ts";

/** One queue of the spool: what waits in it, and where it lies. */
export interface Lane {
  frames: number;
  /** As stored. */
  bytes: number;
  /** No frame of the lane lies below this position. */
  head: number;
  /** Position of the next frame. */
  tail: number;
}

/**
 * The books of all lanes, kept in memory and written beside each change. An empty lane is
 * forgotten; its positions begin anew.
 */
export interface Lanes {
  restore(name: string, lane: Lane): void;
  /** An empty lane where none is known. */
  get(name: string): Lane;
  /** Lanes in which frames wait. */
  names(): string[];
  hasRoom(name: string, bytes: number): boolean;
  /** Counts a frame in; gives its position. */
  add(name: string, bytes: number): number;
  remove(name: string, frames: StoredFrame[]): void;
  /** The lane was read, and this is its oldest frame. */
  noteHead(name: string, position: number): void;
  /** Whether frames wait that were set aside from a lane. */
  hasAside(name: string): boolean;
  usage(): { frames: number; bytes: number; asideBytes: number };
}

export interface LaneLimits {
  /** Frames that may wait, in bytes as stored. */
  limitBytes: number;
  /** Share of `limitBytes` one lane may take, so that one blocked stream cannot block the fleet. */
  laneShare: number;
  /** Lanes in which frames may wait at a time: each costs memory. */
  limitLanes: number;
}

export const createLanes = (limits: LaneLimits): Lanes => {
  const { limitBytes, laneShare, limitLanes } = limits;
  const lanes = new Map<string, Lane>();
  let frames = 0;
  let bytes = 0;
  let asideBytes = 0;
  /** Of the frames that were set aside, by the lane they come from. */
  const asideFrames = new Map<string, number>();

  const countAside = (name: string, change: { frames: number; bytes: number }): void => {
    const base = baseLane(name);
    const left = (asideFrames.get(base) ?? 0) + change.frames;
    if (left > 0) asideFrames.set(base, left);
    else asideFrames.delete(base);
    asideBytes += change.bytes;
  };
  const get = (name: string): Lane => lanes.get(name) ?? { frames: 0, bytes: 0, head: 0, tail: 0 };
  const count = (name: string, lane: Lane, change: { frames: number; bytes: number }): void => {
    lane.frames += change.frames;
    lane.bytes += change.bytes;
    frames += change.frames;
    bytes += change.bytes;
    if (awaitedIn(name) !== null) countAside(name, change);
    if (lane.frames > 0) lanes.set(name, lane);
    else lanes.delete(name);
  };
  return {
    get,
    restore(name, lane) {
      count(name, { ...lane, frames: 0, bytes: 0 }, lane);
    },
    names: () => [...lanes.keys()],
    hasRoom: (name, size) =>
      bytes + size <= limitBytes &&
      get(name).bytes + size <= limitBytes * laneShare &&
      (lanes.has(name) || lanes.size < limitLanes),
    add(name, size) {
      const lane = get(name);
      count(name, lane, { frames: 1, bytes: size });
      return lane.tail++;
    },
    remove(name, removed) {
      const lane = get(name);
      for (const frame of removed) {
        count(name, lane, { frames: -1, bytes: -frame.storedBytes });
        if (frame.position === lane.head) lane.head++;
      }
    },
    noteHead(name, position) {
      const lane = get(name);
      lane.head = Math.max(lane.head, position);
    },
    hasAside: (name) => asideFrames.has(name),
    usage: () => ({ frames, bytes, asideBytes }),
  };
};
