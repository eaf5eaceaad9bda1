import type { StoredFrame } from "../../spool/spool.ts";
import {
  bootKeyOf,
  type FrameEntries,
  openFrame,
  type PendingEntry,
  type Reading,
} from "./pending.ts";
import type { NextStamp } from "./stamping.ts";

/** Stamped entries of one boot, in the order of seq; no frame is decoded before its turn. */
export interface BootEntries {
  readonly bootKey: string;
  /** The next entry, null behind the last. */
  head(): PendingEntry | null;
  /** Goes on behind the head. */
  advance(): void;
  /** Uptime of the boot's last entry; null where nobody knows. */
  lastUptimeMs(): number | null;
}

export interface BootEntriesOptions {
  bootKey: string;
  /** Frames of the boot, in the order of seq. */
  frames: StoredFrame[];
  /** First seq that is not delivered. */
  next: number;
  nextStamp: NextStamp;
  reading: Reading;
}

export const createBootEntries = (options: BootEntriesOptions): BootEntries => {
  const { bootKey, frames, next, nextStamp, reading } = options;
  let opened = 0;
  let current: FrameEntries | undefined;
  let place = 0;
  let head: PendingEntry | null = null;

  const openNext = (): FrameEntries | undefined => {
    while (opened < frames.length) {
      const frame = frames[opened++] as StoredFrame;
      if (frame.end > next) return openFrame(frame, bootKey, reading);
    }
    return undefined;
  };
  const advance = (): void => {
    head = null;
    while (head === null) {
      if (current === undefined || place >= current.length) {
        current = openNext();
        place = 0;
        if (current === undefined) return;
      }
      const index = place++;
      const seq = current.seqOf(index);
      if (seq < next) continue;
      const stamp = nextStamp(seq, current.uptimeOf(index));
      if (stamp !== null) head = current.entry(index, stamp);
    }
  };
  advance();
  return {
    bootKey,
    head: () => head,
    advance,
    lastUptimeMs() {
      const last = frames.at(-1);
      const isCurrent = last === undefined || last === head?.frame;
      const entries = isCurrent ? current : openFrame(last, bootKey, reading);
      return entries === undefined ? null : entries.uptimeOf(entries.length - 1);
    },
  };
};

/** Takes all that is left. */
export const drain = (boot: BootEntries): PendingEntry[] => {
  const entries: PendingEntry[] = [];
  for (let head = boot.head(); head !== null; head = boot.head()) {
    entries.push(head);
    boot.advance();
  }
  return entries;
};

/** Frames of each boot, in their order. */
export const framesByBoot = (frames: StoredFrame[]): Map<string, StoredFrame[]> => {
  const found = new Map<string, StoredFrame[]>();
  let last: StoredFrame | undefined;
  let others: StoredFrame[] = [];
  for (const frame of frames) {
    const isSame =
      last?.device === frame.device &&
      last.boot.nonce === frame.boot.nonce &&
      last.boot.number === frame.boot.number;
    if (!isSame) {
      const key = bootKeyOf(frame);
      others = found.get(key) ?? [];
      found.set(key, others);
    }
    others.push(frame);
    last = frame;
  }
  return found;
};
