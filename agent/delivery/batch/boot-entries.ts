import type { LogEvent } from "../../../shared/event.ts";
import type { IntentStamp } from "../../spool/intent.ts";
import type { StoredFrame } from "../../spool/spool.ts";
import type { Origin } from "../message/message.ts";
import {
  bootKeyOf,
  type FrameEntries,
  openFrame,
  type PendingEntry,
  type Reading,
} from "./pending.ts";
import type { NextStamp } from "./stamping.ts";

/**
 * Stamped entries of one boot, in the order of seq; no frame is decoded before its turn. It stands
 * at the next entry, whose origin and stamp it has: an object for each would be most of the garbage.
 */
export interface BootEntries extends Origin {
  readonly bootKey: string;
  /** Of the next entry; null behind the last. */
  stamp: IntentStamp | null;
  /** What a device logged, where there is no more to the next entry. */
  plain: LogEvent | null;
  /** The next entry; only where there is one. */
  entry(): PendingEntry;
  /** Goes on behind the next entry. */
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

/** Of a frame that cannot be read any more, what is delivered is told apart by its seqs alone. */
const restOf = (frame: StoredFrame, next: number): StoredFrame =>
  frame.isDamaged && frame.from < next ? { ...frame, from: next, closes: [], lost: 0 } : frame;

export const createBootEntries = (options: BootEntriesOptions): BootEntries => {
  const { bootKey, frames, next, nextStamp, reading } = options;
  const { device, boot } = frames[0] as StoredFrame;
  let opened = 0;
  let current: FrameEntries | undefined;
  let index = -1;

  const openNext = (): FrameEntries | undefined => {
    while (opened < frames.length) {
      const frame = frames[opened++] as StoredFrame;
      if (frame.end > next) return openFrame(restOf(frame, next), bootKey, reading);
    }
    return undefined;
  };
  const advance = (): void => {
    for (;;) {
      index++;
      while (current === undefined || index >= current.length) {
        current = openNext();
        index = 0;
        if (current === undefined) {
          head.stamp = null;
          return;
        }
      }
      const seq = current.seqOf(index);
      if (seq < next) continue;
      const uptimeMs = current.uptimeOf(index);
      const stamp = nextStamp(seq, uptimeMs);
      if (stamp === null) continue;
      head.seq = seq;
      head.uptimeMs = uptimeMs;
      head.stamp = stamp;
      head.plain = current.plainOf(index);
      return;
    }
  };
  const head: BootEntries = {
    bootKey,
    device,
    boot,
    seq: 0,
    uptimeMs: null,
    stamp: null,
    plain: null,
    entry: () => (current as FrameEntries).entry(index, head.stamp as IntentStamp),
    advance,
    lastUptimeMs() {
      const last = frames.at(-1) as StoredFrame;
      const isCurrent = current !== undefined && opened === frames.length;
      const entries = isCurrent ? current : openFrame(last, bootKey, reading);
      return entries === undefined ? null : entries.uptimeOf(entries.length - 1);
    },
  };
  advance();
  return head;
};

/** Takes all that is left. */
export const drain = (boot: BootEntries): PendingEntry[] => {
  const entries: PendingEntry[] = [];
  for (; boot.stamp !== null; boot.advance()) entries.push(boot.entry());
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
