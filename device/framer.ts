import { createBodyWriter } from "../shared/codec/body-writer.ts";
import type { SiteWatch } from "../shared/codec/site-watch.ts";
import { type DropCount, type DropReason, dropReasons, levels } from "../shared/event.ts";
import { type HeldFrame, isTombstone, storeFrame } from "./held-frame.ts";
import type { Journal } from "./journal/journal.ts";
import type { Outbox } from "./outbox.ts";
import { errorRank, fatalRank, kinds, levelOf, rankOf } from "./rank.ts";
import type { Setup } from "./setup.ts";
import { tellLimit, tellUnrepeated } from "./site-watch.ts";
import { addDrop, countDropped } from "./tally.ts";

/** Gathers events into frames for the outbox; counts those that have no place there. */
export interface Framer {
  /** `kind` as on the wire; `args`: the format, then the values, which are kept. */
  add(kind: number, tag: string, args: ArrayLike<unknown>, uptimeMs: number): void;
  /** Counts an event that gets no seq; the count rides in a frame to come. */
  drop(kind: number, reason: DropReason): void;
  /** Whether there is neither an entry nor a count to seal. */
  isEmpty(): boolean;
  /** Moves the open frame, with the counts so far, to the outbox; false where nothing fits or is. */
  seal(): boolean;
  /** Seals the boot's last entry. Nothing may be added after it. */
  end(): void;
  /**
   * Begins a boot: what is held of the one before goes, and without flash is counted, among what power
   * loss took.
   */
  renew(): void;
  /** Bytes in the open frame. */
  openBytes(): number;
}

export interface FramerOptions {
  outbox: Outbox;
  /** Told of the first event of a frame, of each from level error up, and of metrics. */
  onAdded: (kind: number) => void;
  /** Told of each drop, and of counts that a boot takes over from the one before. */
  onLost: () => void;
  /** Told when a frame went to the outbox. */
  onSeal: () => void;
}

/** Seqs that flash is asked for at a time. */
const reserveSeqs = 16;

/** An outbox that takes nothing more asks what memory is free once in so many drops. */
const dropsPerLook = 16;

const unreservedFormat =
  "flash reserves no seqs: what a power cut takes from now on is not reported";

/** Adds what is lost with a frame of a boot that is over. */
const addLostWith = (lost: DropCount[], frame: HeldFrame): void => {
  for (let index = 0; index < frame.drops.length; index++) {
    const drop = frame.drops[index] as DropCount;
    if (!isTombstone(frame) && drop.reason === "outbox_full") drop.reason = "power_loss";
    addDrop(lost, drop);
  }
};

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a call costs an Espruino as much as writing three bytes
export const createFramer = (setup: Setup, options: FramerOptions): Framer => {
  const outbox = options.outbox;
  const journal = setup.journal;
  const limits = outbox.limits;
  const onAdded = options.onAdded;
  const watch = setup.table.watch as SiteWatch;
  const writer = createBodyWriter(setup.table);
  const writeEvent = writer.event;
  /** Events in the open frame. */
  const counts = new Uint32Array(kinds);
  /** What is lost with the open frame besides its events. */
  let carried: DropCount[] = [];
  const lost: DropCount[] = [];
  let first = 0;
  let isOpen = false;
  /** Entries that need not ask flash for a seq. */
  let freeSeqs = journal ? 0 : Infinity;
  let isTroubled = false;

  const close = (): void => {
    const drops: DropCount[] = [];
    let events = 0;
    for (let kind = 0; kind < kinds; kind++) {
      const count = counts[kind] as number;
      events += count;
      if (count > 0) addDrop(drops, { level: levelOf(kind), reason: "outbox_full", count });
    }
    for (let index = 0; index < carried.length; index++)
      addDrop(drops, carried[index] as DropCount);
    const frame: HeldFrame = {
      first,
      uptimeMs: writer.startMs(),
      events,
      hasErrors: (counts[errorRank] as number) + (counts[fatalRank] as number) > 0,
      drops,
      sends: 0,
      sentAtMs: 0,
      body: writer.seal(),
      stored: null,
    };
    const isFatal = (counts[fatalRank] as number) > 0;
    if (isFatal || (frame.hasErrors && !setup.link.isConnected())) storeFrame(setup, frame);
    first += frame.body.count;
    carried = [];
    counts.fill(0);
    isOpen = false;
    outbox.add(frame);
    outbox.makeRoom(0);
    options.onSeal();
  };
  /** Sees to it that the next entry's seq may be used; where flash cannot, it is used all the same. */
  const createReserve = (flash: Journal) => (): void => {
    if (freeSeqs-- > 0) return;
    freeSeqs = reserveSeqs - 1;
    setup.boot();
    if (flash.reserve(first + writer.count() + reserveSeqs)) return;
    setup.tally.unreserved = (setup.tally.unreserved || 0) + reserveSeqs;
    isTroubled = setup.tally.unreserved === reserveSeqs;
  };
  const reserve = journal && createReserve(journal);
  /** Gives the counts seqs, as far as an event of level number `rank` would have room. */
  const addLost = (rank: number): void => {
    const limitBytes = Math.min(setup.bodyBytes, outbox.roomBytes(rank));
    const uptimeMs = setup.platform.uptimeMs();
    for (let drop = lost[0]; drop; drop = lost[0]) {
      const reason = dropReasons.indexOf(drop.reason);
      const level = levels.indexOf(drop.level);
      if (reserve) reserve();
      if (!writer.drop(level, reason, drop.count, uptimeMs, limitBytes)) return;
      isOpen = true;
      addDrop(carried, drop);
      lost.shift();
    }
  };
  /** Where it could not simply be added: why it has no place, if so. */
  const place: (
    kind: number,
    tag: string,
    args: ArrayLike<unknown>,
    uptimeMs: number,
  ) => DropReason | null = (kind, tag, args, uptimeMs) => {
    const add = (limitBytes: number): boolean => {
      const isAdded = writeEvent(kind, tag, args[0] as string, args as [], uptimeMs, limitBytes, 1);
      isOpen = isAdded || (isOpen && watch.isReached);
      return isAdded;
    };
    if (watch.isReached) return "rate_limited";
    if (limits[kind] === 0) return "ring_full";
    if (!isOpen) {
      outbox.makeRoom(0);
      addLost(errorRank);
    }
    if (reserve) reserve();
    if (isOpen) {
      const roomBytes = outbox.roomBytes(rankOf(kind));
      if (add(Math.min(setup.bodyBytes, roomBytes))) return null;
      if (watch.isReached) return "rate_limited";
      close();
      if (roomBytes < setup.bodyBytes && !journal) return "ring_full";
    }
    const roomBytes = outbox.roomBytes(rankOf(kind));
    if (add(Math.min(setup.eventLimitBytes, roomBytes))) return null;
    if (watch.isReached) return "rate_limited";
    return roomBytes < setup.eventLimitBytes ? "ring_full" : "too_large";
  };
  const drop = (kind: number, reason: DropReason): void => {
    countDropped(setup.tally, reason, 1);
    addDrop(lost, { level: levelOf(kind), reason, count: 1 });
    const isDue = (setup.tally.dropped[reason] as number) % dropsPerLook === 0;
    if (isDue || setup.limitBytes < setup.mostBytes) outbox.makeRoom(0);
    options.onLost();
  };
  return {
    drop,
    add(kind, tag, args, uptimeMs) {
      let isCommon = isOpen && --freeSeqs > 0;
      if (isCommon) {
        const format = args[0] as string;
        const limitBytes = limits[kind] as number;
        isCommon = writeEvent(kind, tag, format, args as [], uptimeMs, limitBytes, 1);
      }
      if (!isCommon) {
        const reason = place(kind, tag, args, uptimeMs);
        if (watch.unrepeated) tellUnrepeated(setup, watch);
        if (isTroubled) setup.notify([unreservedFormat]);
        isTroubled = false;
        if (reason) {
          drop(kind, reason);
          if (watch.isReached) tellLimit(setup, args[0] as string, uptimeMs);
          return;
        }
      }
      counts[kind] = (counts[kind] as number) + 1;
      if (isCommon && kind < errorRank) return;
      if (kind === fatalRank) {
        outbox.makeRoom(writer.length());
        if (journal) {
          addLost(fatalRank);
          close();
        }
      }
      onAdded(kind);
    },
    isEmpty: () => !isOpen && lost.length === 0,
    seal() {
      addLost(errorRank);
      if (isOpen) close();
      else return false;
      return true;
    },
    end() {
      const uptimeMs = setup.platform.uptimeMs();
      addLost(fatalRank);
      if (reserve) reserve();
      if (!writer.end(uptimeMs, setup.bodyBytes)) {
        close();
        writer.end(uptimeMs, setup.bodyBytes);
      }
      close();
    },
    renew() {
      if (isOpen) close();
      for (let index = 0; !journal && index < outbox.frames.length; index++) {
        addLostWith(lost, outbox.frames[index] as HeldFrame);
      }
      outbox.clear();
      setup.formerEntries += first;
      first = 0;
      freeSeqs = journal ? 0 : Infinity;
      setup.table.acked(0);
      if (lost.length > 0) options.onLost();
    },
    openBytes: writer.length,
  };
};
