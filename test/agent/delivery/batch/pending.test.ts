import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBootEntries, drain } from "../../../../agent/delivery/batch/boot-entries.ts";
import { bootKeyOf, type PendingEntry } from "../../../../agent/delivery/batch/pending.ts";
import { messagesOf } from "../../../../agent/delivery/message/write.ts";
import type { IntentStamp } from "../../../../agent/spool/intent.ts";
import type { StoredFrame } from "../../../../agent/spool/spool.ts";
import { encodeFrame } from "../../../../shared/codec/encode.ts";
import type { Body } from "../../../../shared/frame.ts";
import { anyFrame } from "../../../support/any-frame.ts";
import { anyReading } from "../../../support/any-reading.ts";
import { bootOf, brokenBody, headerOf } from "../../../support/any-receipt.ts";

const stamp: IntentStamp = { epochMs: 5, errorMs: 1, quality: "synced" };
const boot = bootOf(2);

const frameOf = (bytes: Uint8Array, changes: Partial<StoredFrame> = {}): StoredFrame => ({
  lane: "g:pump",
  device: "pump",
  boot,
  from: 0,
  end: 3,
  lost: 0,
  closes: [],
  bytes,
  position: 0,
  storedBytes: bytes.length,
  ...changes,
});
const encoded = (body: Body, first = 0, count = 3): Uint8Array =>
  encodeFrame({ header: headerOf(boot, first, count), body });
const events = (...formats: string[]): Body => ({
  kind: "entries",
  entries: formats.map((format, uptimeMs) => ({
    kind: "event",
    uptimeMs,
    site: { level: "info", tag: "", format },
    values: [],
  })),
});
const undelivered = (frame: StoredFrame, next = 0): PendingEntry[] =>
  drain(
    createBootEntries({
      bootKey: bootKeyOf(frame),
      frames: [frame],
      next,
      nextStamp: () => stamp,
      reading: anyReading(),
    }),
  );
const told = (frame: StoredFrame, next = 0): Record<string, unknown>[] =>
  undelivered(frame, next)
    .flatMap((entry) => messagesOf(entry, "json"))
    .map((message) => JSON.parse(message));

describe("what a frame leaves to be delivered", () => {
  it("is a dead letter of all its seqs where the disk has changed it", () => {
    const frame = frameOf(encoded(events("a", "b", "c")), { isDamaged: true });

    const entries = undelivered(frame);

    expect(entries.map(({ seq, next, unreadable }) => [seq, next, unreadable])).toEqual([
      [0, 3, "its bytes changed on the agent's disk"],
    ]);
    expect(told(frame)).toMatchObject([{ event: "dead_letter", count: 3 }]);
  });

  it("is, after a repair, how much may have been delivered as well", () => {
    const frame = frameOf(encoded(events("a", "b", "c")), { repeated: 40 });

    const [first, second] = told(frame);

    expect(first).toMatchObject({
      event: "possibly_duplicated",
      reason: "store_repaired",
      count: 40,
      seq: 0,
    });
    expect(second).toMatchObject({ message: "a" });
  });

  it("is its events from where it was new, and beyond what was delivered", () => {
    const frame = frameOf(encoded(events("a", "b", "c")), { from: 1 });

    const whole = told(frame);
    const rest = told(frame, 2);

    expect(whole.map(({ seq, message }) => [seq, message])).toEqual([
      [1, "b"],
      [2, "c"],
    ]);
    expect(rest.map(({ seq }) => seq)).toEqual([2]);
    expect(told(frame, 3)).toEqual([]);
  });

  it("is a notice and the bytes where it cannot be read", () => {
    const frame = frameOf(brokenBody(headerOf(boot, 0, 3)));

    const [entry, ...others] = undelivered(frame);

    expect(others).toEqual([]);
    expect(entry).toMatchObject({ seq: 0, next: 3, event: null });
    expect(entry?.unreadable).toMatch(/ at byte \d+$/);
    expect(told(frame)).toMatchObject([{ event: "dead_letter", count: 3, seq: 0 }]);
  });

  it("is a notice for each drop of a tombstone, or one for what was not stored before", () => {
    const drops = [
      { level: "info" as const, reason: "outbox_full" as const, count: 2 },
      { level: "warn" as const, reason: "outbox_full" as const, count: 1 },
    ];
    const tombstone = encoded({ kind: "tombstone", uptimeMs: 9, drops });

    const whole = told(frameOf(tombstone));
    const part = told(frameOf(tombstone, { from: 2 }));

    expect(whole.map(({ count, of }) => [count, of])).toEqual([
      [2, "info"],
      [1, "warn"],
    ]);
    expect(part.map(({ count, reason }) => [count, reason])).toEqual([[1, "outbox_full"]]);
  });

  it("is what power loss took at most, of a part of which only what was not stored before", () => {
    const drops = [{ level: "info" as const, reason: "power_loss" as const, count: 3 }];
    const tombstone = encoded({ kind: "tombstone", uptimeMs: 9, drops });

    const whole = told(frameOf(tombstone));
    const part = told(frameOf(tombstone, { from: 2 }));

    expect(whole).toEqual([
      {
        level: "warn",
        event: "dropped",
        reason: "power_loss",
        count: 3,
        atMost: true,
        device: "pump",
        boot: "2-b0070002",
        seq: 0,
      },
    ]);
    expect(part).toEqual([{ ...whole[0], count: 1, seq: 2 }]);
  });

  it("keeps the reason of a tombstone's one drop for the part that was not stored before", () => {
    const drops = [{ level: "info" as const, reason: "unreadable" as const, count: 3 }];
    const tombstone = encoded({ kind: "tombstone", uptimeMs: 9, drops });

    const part = told(frameOf(tombstone, { from: 1 }));

    expect(part).toMatchObject([{ reason: "unreadable", count: 2 }]);
  });

  it("is told of each boot that was cut off how much of it may be missing", () => {
    const closes = [
      { boot: { ...boot, number: 1 }, next: 0, boots: 1 },
      { boot: { ...boot, number: 2 }, next: 0, atMost: 128, boots: 2 },
      { boot: { ...boot, number: 4 }, next: 90, boots: 3 },
      { boot: { ...boot, number: 7 }, next: 5, atMost: 59 },
    ];

    const notices = told(frameOf(encoded(events("a", "b", "c")), { closes })).slice(0, 4);

    expect(notices).toMatchObject([
      { event: "boot_closed", reason: "never heard of", boots: 1, boot: "1-b0070002", seq: 0 },
      { event: "dropped", reason: "power_loss", count: 128, atMost: true, boots: 2, seq: 0 },
      { event: "boot_closed", reason: "tails unknown", boots: 3, boot: "4-b0070002", seq: 90 },
      { event: "dropped", reason: "power_loss", count: 59, atMost: true, seq: 5 },
    ]);
    expect(notices[3]).not.toHaveProperty("boots");
  });

  it("is told with its first entry what the session found, and that once", () => {
    const closes = [{ boot: bootOf(1), next: 7 }];
    const frame = frameOf(encoded(events("a", "b", "c")), { from: 1, lost: 1, closes });

    const whole = told(frame);
    const rest = told(frame, 2);

    expect(whole).toMatchObject([
      { event: "boot_closed", boot: "1-b0070001", seq: 7, reason: "tail unknown after seq 6" },
      { event: "dropped", reason: "agent_state_lost", count: 1, seq: 0 },
      { message: "b" },
      { message: "c" },
    ]);
    expect(rest).toHaveLength(1);
  });

  it("is told with its first entry which dead letters of its device gave way", () => {
    const evicted = [{ reason: "too old", count: 4 }];

    const [notice] = told(frameOf(encoded(events("a")), { evicted }));

    expect(notice).toMatchObject({
      level: "warn",
      event: "dropped",
      reason: "dead_letter_evicted",
      count: 4,
      detail: "too old",
    });
  });

  it("covers every seq of any frame once", () => {
    fc.assert(
      fc.property(anyFrame(), ({ header, body }) => {
        const bytes = encodeFrame({ header, body });
        const end = header.first + header.count;
        const frame = frameOf(bytes, { boot: header.boot, from: header.first, end });

        const entries = undelivered(frame);

        expect(entries[0]?.seq).toBe(header.first);
        expect(entries.at(-1)?.next).toBe(end);
        for (const [index, entry] of entries.entries()) {
          expect(entry.next).toBe(entries[index + 1]?.seq ?? end);
        }
      }),
    );
  });
});
