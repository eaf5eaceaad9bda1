import {
  type DropCount,
  type DropReason,
  type EndEntry,
  type Level,
  type LogEvent,
  levels,
} from "../shared/event.ts";
import { createOpenFrame } from "./open-frame.ts";
import type { Outbox } from "./outbox.ts";
import { errorRank, fatalRank } from "./rank.ts";
import type { Setup } from "./setup.ts";
import { addDrop, countDropped } from "./tally.ts";

/** Gathers events into frames for the outbox; counts those that have no place there. */
export interface Framer {
  /** Whether the event was admitted. */
  add(event: LogEvent): boolean;
  /** Counts an event that gets no seq; the count rides in a frame to come. */
  drop(level: Level, reason: DropReason): void;
  /** Whether there is neither an entry nor a count to seal. */
  isEmpty(): boolean;
  /** Moves the open frame, with the counts so far, to the outbox; false where nothing fits or is. */
  seal(): boolean;
  /** Seals the boot's last entry. Nothing may be added after it. */
  end(): void;
  /** Bytes in the open frame. */
  openBytes(): number;
}

/** `onSeal` is told when a frame went to the outbox. */
export const createFramer = (setup: Setup, outbox: Outbox, onSeal: () => void): Framer => {
  const open = createOpenFrame(setup.table);
  const lost: DropCount[] = [];

  const close = (): void => {
    outbox.add(open.seal());
    outbox.makeRoom(0);
    onSeal();
  };
  /** Gives the counts seqs, as far as an event of level number `rank` would have room. */
  const addLost = (rank: number): void => {
    const limitBytes = Math.min(setup.bodyBytes, outbox.roomBytes(rank));
    while (lost.length > 0) {
      const uptimeMs = setup.platform.uptimeMs();
      if (!open.add({ kind: "drop", uptimeMs, drop: lost[0] as DropCount }, limitBytes)) return;
      lost.shift();
    }
  };
  const place = (event: LogEvent, rank: number): DropReason | undefined => {
    if (open.count() === 0) addLost(errorRank);
    if (open.count() > 0) {
      const roomBytes = outbox.roomBytes(rank);
      if (open.add(event, Math.min(setup.bodyBytes, roomBytes))) return undefined;
      close();
      if (roomBytes < setup.bodyBytes) return "ring_full";
    }
    const roomBytes = outbox.roomBytes(rank);
    if (open.add(event, Math.min(setup.eventLimitBytes, roomBytes))) return undefined;
    return roomBytes < setup.eventLimitBytes ? "ring_full" : "too_large";
  };
  const drop = (level: Level, reason: DropReason): void => {
    addDrop(lost, { level, reason, count: 1 });
    countDropped(setup.tally, reason, 1);
  };
  return {
    drop,
    add(event) {
      const rank = levels.indexOf(event.site.level);
      const reason = place(event, rank);
      if (reason) drop(event.site.level, reason);
      else if (rank === fatalRank) outbox.makeRoom(open.bytes());
      return !reason;
    },
    isEmpty: () => open.count() + lost.length === 0,
    seal() {
      addLost(errorRank);
      if (open.count() === 0) return false;
      close();
      return true;
    },
    end() {
      const end: EndEntry = { kind: "end", uptimeMs: setup.platform.uptimeMs() };
      addLost(fatalRank);
      if (!open.add(end, setup.bodyBytes)) {
        close();
        open.add(end, setup.bodyBytes);
      }
      close();
    },
    openBytes: open.bytes,
  };
};
