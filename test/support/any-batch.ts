import type { Batch } from "../../agent/delivery/batch.ts";
import type { PendingEntry } from "../../agent/delivery/stamping.ts";
import type { StoredFrame } from "../../agent/spool/spool.ts";
import { bootText } from "../../shared/frame.ts";
import { bootOf, newFrame } from "./any-receipt.ts";

export const storedFrame = (device: string, seq: number, boot = bootOf(1)): StoredFrame => ({
  ...newFrame(device, seq, { boot }),
  position: seq,
  storedBytes: 100,
});

/** An entry of one seq with a stamp; its message says device and seq. */
export const entryAt = (
  epochMs: number,
  seq: number,
  changes: Partial<PendingEntry> = {},
): PendingEntry => {
  const { device = "pump", boot = bootOf(1) } = changes;
  return {
    device,
    boot,
    bootKey: `${device}/${bootText(boot)}`,
    seq,
    next: seq + 1,
    uptimeMs: 0,
    frame: storedFrame(device, seq, boot),
    messages: () => [`${device} ${seq}`],
    isEvent: true,
    isMetricRefused: false,
    drops: [],
    unreadable: null,
    stamp: { epochMs, errorMs: 1, quality: "synced" },
    ...changes,
  };
};

/** A batch of these entries, in their order. */
export const batchOf = (entries: PendingEntry[]): Batch => ({
  lane: "g:s",
  target: { group: "g", stream: "s" },
  frames: entries.map(({ frame }) => frame),
  progress: [],
  entries,
  events: entries.flatMap((entry, place) =>
    entry
      .messages(entry.stamp, "json")
      .map((message) => ({ timestamp: entry.stamp.epochMs, message, entry: place })),
  ),
  isLast: true,
});
