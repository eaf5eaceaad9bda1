import type { Batch } from "../../agent/delivery/batch/batch.ts";
import type { BootEntries } from "../../agent/delivery/batch/boot-entries.ts";
import type { PendingEntry } from "../../agent/delivery/batch/pending.ts";
import { type Writer, writtenAs } from "../../agent/delivery/message/write.ts";
import type { LogStream } from "../../agent/delivery/stream.ts";
import type { StoredFrame } from "../../agent/spool/spool.ts";
import { bootText } from "../../shared/frame.ts";
import { bootOf, newFrame } from "./any-receipt.ts";

export const storedFrame = (device: string, seq: number, boot = bootOf(1)): StoredFrame => ({
  ...newFrame(device, seq, { boot }),
  position: seq,
  storedBytes: 100,
});

/** An event that becomes these messages where `valueWriter` writes it. */
export const eventWith = (...messages: string[]): Pick<PendingEntry, "event"> => ({
  event: {
    kind: "event",
    uptimeMs: 0,
    site: { level: "info", tag: "", format: "" },
    values: messages,
  },
});

/** Makes a message of each value of an event. */
export const valueWriter: Writer = {
  write: ({ event, stamp }) =>
    (event?.values ?? []).map((value) => writtenAs(stamp.epochMs, String(value))),
  countTold: () => 0,
  writePlain: () => null,
};

/** An entry of one seq with a stamp; its event says device and seq. */
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
    told: [],
    ...eventWith(`${device} ${seq}`),
    measured: null,
    unreadable: null,
    stamp: { epochMs, errorMs: 1, quality: "synced" },
    ...changes,
  };
};

/** Where every event of these batches goes. */
export const anyTarget: LogStream = { group: "g", stream: "s" };

/** A batch of these entries, in their order. */
export const batchOf = (entries: PendingEntry[]): Batch => ({
  lane: "g:s",
  home: anyTarget,
  target: anyTarget,
  elsewhere: () => null,
  frames: entries.map(({ frame }) => frame),
  progress: [],
  entries,
  events: entries.flatMap((entry, place) =>
    valueWriter.write(entry).map(({ bytes }) => ({
      timestamp: entry.stamp.epochMs,
      bytes,
      entry: place,
      target: anyTarget,
    })),
  ),
  repeated: null,
  isLast: true,
});

/** These entries of one boot, in their order. */
export const bootOfEntries = (
  entries: PendingEntry[],
  lastUptimeMs: number | null = null,
): BootEntries => {
  let place = -1;
  const boot: BootEntries = {
    device: entries[0]?.device ?? "",
    boot: entries[0]?.boot ?? bootOf(1),
    bootKey: entries[0]?.bootKey ?? "",
    seq: 0,
    uptimeMs: null,
    stamp: null,
    plain: null,
    entry: () => entries[place] as PendingEntry,
    advance() {
      const entry = entries[++place];
      boot.stamp = entry?.stamp ?? null;
      boot.seq = entry?.seq ?? 0;
    },
    lastUptimeMs: () => lastUptimeMs,
  };
  boot.advance();
  return boot;
};
