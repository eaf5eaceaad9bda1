import { describe, expect, it } from "vitest";
import { entomb, isJoinable, isTombstone, joinFrames } from "../../device/held-frame.ts";
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
});
