import { createBodyWriter, type SealedBody } from "../shared/codec/encode.ts";
import { type DropCount, type Entry, levels } from "../shared/event.ts";
import type { HeldFrame } from "./held-frame.ts";
import { addDrop } from "./tally.ts";

/** The frame that takes entries now. Its entries have their seqs, from 0 over the whole boot. */
export interface OpenFrame {
  /** Adds an entry; false, with nothing added, where the body would exceed `limitBytes`. */
  add(entry: Entry, limitBytes: number): boolean;
  /** Entries in it. */
  count(): number;
  /** Events among them. */
  events(): number;
  bytes(): number;
  /** The frame so far. The next entry opens a new one. */
  seal(): HeldFrame;
}

const sealedFrame = (first: number, body: SealedBody): HeldFrame => ({
  first,
  uptimeMs: 0,
  body,
  events: 0,
  hasErrors: false,
  drops: [],
  isTombstone: false,
  sends: 0,
  sentAtMs: 0,
});

export const createOpenFrame = (): OpenFrame => {
  const writer = createBodyWriter();
  let drops: DropCount[] = [];
  let events = 0;
  let hasErrors = false;
  let nextSeq = 0;
  let uptimeMs = 0;
  let firstUptimeMs = 0;

  const account = (entry: Entry): void => {
    uptimeMs = entry.uptimeMs;
    if (writer.count() === 1) firstUptimeMs = uptimeMs;
    if (entry.kind === "drop") addDrop(drops, entry.drop);
    if (entry.kind !== "event") return;
    const level = entry.site.level;
    events++;
    hasErrors = hasErrors || levels.indexOf(level) >= levels.indexOf("error");
    addDrop(drops, { level, reason: "outbox_full", count: 1 });
  };
  return {
    add(entry, limitBytes) {
      entry.uptimeMs = Math.max(uptimeMs, entry.uptimeMs);
      if (limitBytes <= 0 || !writer.add(entry, limitBytes)) return false;
      account(entry);
      return true;
    },
    count: () => writer.count(),
    events: () => events,
    bytes: () => writer.length(),
    seal() {
      const frame = sealedFrame(nextSeq, writer.seal());
      frame.uptimeMs = firstUptimeMs;
      frame.events = events;
      frame.hasErrors = hasErrors;
      frame.drops = drops;
      nextSeq += frame.body.count;
      drops = [];
      events = 0;
      hasErrors = false;
      return frame;
    },
  };
};
