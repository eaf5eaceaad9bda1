import { describe, expect, it } from "vitest";
import {
  entomb,
  type HeldFrame,
  isJoinable,
  isTombstone,
  joinFrames,
  shed,
  splitRun,
} from "../../device/held-frame.ts";
import { encodeSealed } from "../../shared/codec/encode.ts";
import { createTable } from "../../shared/codec/table.ts";
import { decodeFrame } from "../../shared/index.ts";
import { frameOf } from "../support/device-parts.ts";

const boot = { nonce: 1, number: 0 };
const table = createTable({ sites: 0, texts: 0 }, undefined);

const decodedBody = (frame: ReturnType<typeof frameOf>) => {
  const header = { boot, base: 0, first: frame.first, count: frame.body.count };
  const sent = { ...header, sendUptimeMs: 0, ackId: 0, ackUptimeMs: 0 };
  const decoded = decodeFrame(encodeSealed(sent, frame.body, table));
  return decoded.ok ? decoded.frame.body : decoded.reason;
};

describe("held frame", () => {
  it("becomes a tombstone that keeps its seqs, its start and what was lost", () => {
    const frame = frameOf(12, "warn", 50);

    entomb(frame, "outbox_full");

    expect(isTombstone(frame)).toBe(true);
    expect(frame.body.count).toBe(1);
    expect(decodedBody(frame)).toEqual({
      kind: "tombstone",
      uptimeMs: 12,
      drops: [{ level: "warn", reason: "outbox_full", count: 1 }],
    });
  });

  it("joins two tombstones into one for the seqs of both", () => {
    const left = frameOf(0, "info", 20);
    const right = frameOf(1, "info", 20);
    entomb(left, "outbox_full");
    entomb(right, "outbox_full");

    joinFrames(left, right);

    expect(left.body.count).toBe(2);
    expect(decodedBody(left)).toMatchObject({ drops: [{ level: "info", count: 2 }] });
  });

  it("is not joined to anything once it was sent", () => {
    const left = frameOf(0, "info", 20);
    const right = frameOf(1, "info", 20);
    entomb(left, "outbox_full");
    entomb(right, "outbox_full");

    right.sends = 1;

    expect(isJoinable(left, right)).toBe(false);
    expect(isJoinable(right, left)).toBe(false);
  });

  it("is not joined to a frame that still has its entries", () => {
    const left = frameOf(0, "info", 20);
    entomb(left, "outbox_full");

    expect(isJoinable(left, frameOf(1, "info", 20))).toBe(false);
  });

  const inFlash = (first: number): HeldFrame => {
    const frame = frameOf(first, "info", 20);
    frame.stored = [100 + first, 1, 1];
    shed(frame);
    return frame;
  };

  it("becomes a run with its neighbours in flash, and one by itself again", () => {
    const run = inFlash(4);
    joinFrames(run, inFlash(5));
    joinFrames(run, inFlash(6));
    const frames = [run];
    expect(run).toMatchObject({ first: 4, events: 3, body: { count: 3 } });

    splitRun(frames, 0);

    expect(frames).toMatchObject([
      { first: 4, events: 1, stored: [104, 1, 1], body: { count: 1 }, drops: [{ count: 1 }] },
      { first: 5, events: 2, stored: [105, 1, 1, 106, 1, 1], body: { count: 2 } },
    ]);
    expect(frames[1]?.drops).toMatchObject([{ count: 2 }]);
  });

  it("stays apart from a run where a count of drops would be lost with it", () => {
    const carrying = inFlash(1);
    carrying.drops.push({ level: "debug", reason: "ring_full", count: 9 });

    expect(isJoinable(inFlash(0), inFlash(1))).toBe(true);
    expect(isJoinable(inFlash(0), carrying)).toBe(false);
  });
});
