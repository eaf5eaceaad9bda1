import { createBodyWriter, type SealedBody } from "../shared/codec/body-writer.ts";
import { addEntry } from "../shared/codec/encode.ts";
import type { Table } from "../shared/codec/table.ts";
import { type DropCount, type Entry, levels } from "../shared/event.ts";
import type { HeldFrame } from "./held-frame.ts";
import { errorRank } from "./rank.ts";
import { addDrop } from "./tally.ts";

/** The frame that takes entries now. They get their seqs here: from 0, over the whole boot. */
export interface OpenFrame {
  /**
   * Adds an entry; false, with nothing added, where the body would exceed `limitBytes`: then it takes
   * no more, unless it is empty.
   */
  add(entry: Entry, limitBytes: number): boolean;
  /** Entries in it. */
  count(): number;
  bytes(): number;
  /** The frame so far. The next entry opens a new one. */
  seal(): HeldFrame;
}

const unsealed: SealedBody = { format: 0, count: 0, bytes: new Uint8Array(0), used: "" };

const frameFrom = (first: number): HeldFrame => ({
  first,
  uptimeMs: 0,
  body: unsealed,
  events: 0,
  hasErrors: false,
  drops: [],
  sends: 0,
  sentAtMs: 0,
});

/** What is lost where the entry is lost. */
const dropOf = (entry: Entry): DropCount | null => {
  if (entry.kind === "event") return { level: entry.site.level, reason: "outbox_full", count: 1 };
  return entry.kind === "drop" ? entry.drop : null;
};

export const createOpenFrame = (table: Table): OpenFrame => {
  const writer = createBodyWriter(table);
  let frame = frameFrom(0);
  let uptimeMs = 0;

  return {
    add(entry, limitBytes) {
      entry.uptimeMs = Math.max(uptimeMs, entry.uptimeMs);
      if (!addEntry(writer, entry, limitBytes)) return false;
      uptimeMs = entry.uptimeMs;
      if (writer.count() === 1) frame.uptimeMs = uptimeMs;
      const drop = dropOf(entry);
      if (drop) addDrop(frame.drops, drop);
      if (entry.kind === "event") {
        frame.events++;
        if (levels.indexOf(entry.site.level) >= errorRank) frame.hasErrors = true;
      }
      return true;
    },
    count: writer.count,
    bytes: writer.length,
    seal() {
      const sealed = frame;
      sealed.body = writer.seal();
      frame = frameFrom(sealed.first + sealed.body.count);
      return sealed;
    },
  };
};
