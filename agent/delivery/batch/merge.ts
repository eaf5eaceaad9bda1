import { batchSpanLimitMs } from "../../cloudwatch/limits.ts";
import type { BootEntries } from "./boot-entries.ts";

/** Entries of several boots in chronological order. */
export interface Merged {
  /** The boot whose next entry is the next of all, null behind the last. */
  first(): BootEntries | null;
  /** Goes on behind that entry. */
  advance(): void;
}

const headMs = ({ stamp }: BootEntries): number => stamp?.epochMs ?? Number.POSITIVE_INFINITY;

/** Chronological; equal stamps in the order of boot, whatever arrived first. */
const isBefore = (left: BootEntries, right: BootEntries): boolean => {
  const leftMs = headMs(left);
  const rightMs = headMs(right);
  return leftMs === rightMs ? left.bootKey < right.bootKey : leftMs < rightMs;
};

/** Lets the boot at the top of a heap sink to its place. */
const sink = (heap: BootEntries[]): void => {
  const moved = heap[0] as BootEntries;
  let place = 0;
  for (;;) {
    const left = heap[2 * place + 1];
    const right = heap[2 * place + 2];
    const isRight = left !== undefined && right !== undefined && isBefore(right, left);
    const least = isRight ? right : left;
    if (least === undefined || !isBefore(least, moved)) break;
    heap[place] = least;
    place = 2 * place + (isRight ? 2 : 1);
  }
  heap[place] = moved;
};

/** Joins the entries of boots, whose own are in order; takes no more of each than is asked for. */
export const mergeBoots = (boots: readonly BootEntries[]): Merged => {
  const heap = boots
    .filter(({ stamp }) => stamp !== null)
    .sort((left, right) => (isBefore(left, right) ? -1 : 1));
  return {
    first() {
      const boot = heap[0];
      return boot === undefined || boot.stamp === null ? null : boot;
    },
    advance() {
      heap[0]?.advance();
      if (heap.length > 1) sink(heap);
    },
  };
};

/**
 * Boots of which nothing is older than 24 hours before the newest entry of all: live traffic that
 * need not wait for a backlog. All boots where none is so.
 */
export const liveBoots = (
  boots: readonly BootEntries[],
  newestMs: (boot: BootEntries) => number,
): readonly BootEntries[] => {
  if (boots.length < 2) return boots;
  const fromMs = boots.reduce((most, boot) => Math.max(most, newestMs(boot)), 0) - batchSpanLimitMs;
  const live = boots.filter((boot) => (boot.stamp?.epochMs ?? fromMs) >= fromMs);
  return live.length > 0 ? live : boots;
};
