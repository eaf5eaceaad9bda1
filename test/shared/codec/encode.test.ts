import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBodyWriter } from "../../../shared/codec/body-writer.ts";
import { decodeFrame } from "../../../shared/codec/decode.ts";
import {
  addEntry,
  encodeFrame,
  encodeSealed,
  sealTombstone,
} from "../../../shared/codec/encode.ts";
import { createTable } from "../../../shared/codec/table.ts";
import type { Entry, LogEvent, Value } from "../../../shared/event.ts";
import type { Frame, FrameHeader } from "../../../shared/frame.ts";
import { frameLimitBytes } from "../../../shared/limits.ts";
import { anyFrame } from "../../support/any-frame.ts";

const headerOf = (count: number): FrameHeader => ({
  boot: { nonce: 1, number: 0 },
  base: 0,
  first: 0,
  count,
  sendUptimeMs: 500,
  ackId: 0,
  ackUptimeMs: 500,
});

const eventOf = (values: Value[], format = "temp %d"): LogEvent => ({
  kind: "event",
  uptimeMs: 1,
  site: { level: "info", tag: "", format },
  values,
});

const frameOf = (...entries: Entry[]): Frame => ({
  header: headerOf(entries.length),
  body: { kind: "entries", entries },
});

describe("encodeFrame", () => {
  it("needs no other frame", () => {
    fc.assert(
      fc.property(anyFrame(), (frame) => {
        const decoded = decodeFrame(encodeFrame(frame));

        expect(decoded.ok && (decoded.head?.needs ?? 0)).toBe(0);
      }),
    );
  });

  it("writes the end of a boot in a format of its own", () => {
    const bytes = [
      encodeFrame(frameOf(eventOf([1]))),
      encodeFrame(frameOf(eventOf([1]), { kind: "end", uptimeMs: 9 })),
    ];

    expect(bytes.map((frame) => frame[0])).toEqual([0xa2, 0xa3]);
  });

  it("takes an ack from the future for one of now", () => {
    const frame = frameOf(eventOf([1]));
    frame.header = { ...frame.header, ackId: 4, ackUptimeMs: 900 };

    const bytes = encodeFrame(frame);

    expect(decodeFrame(bytes)).toMatchObject({
      ok: true,
      frame: { header: { ackId: 4, ackUptimeMs: 500 } },
    });
  });

  it.each([
    ["text", "é€𝄞a".repeat(6_000)],
    ["ASCII", "x".repeat(65_000)],
    ["bytes", new Uint8Array(65_000).fill(7)],
    ["JSON", { json: JSON.stringify(new Array(9_000).fill({ a: [1] })).slice(0, 65_000) }],
  ])("holds %s of nearly 64 KiB", (_what, value) => {
    const frame = frameOf(eventOf([value]));

    const bytes = encodeFrame(frame);

    expect(bytes.length).toBeLessThanOrEqual(frameLimitBytes);
    expect(decodeFrame(bytes)).toMatchObject({ ok: true, frame });
  });
});

describe("encodeSealed", () => {
  it("writes the same entries behind the headers of the moment", () => {
    const table = createTable({ sites: 2, texts: 0 }, undefined);
    const writer = createBodyWriter(table);
    addEntry(writer, eventOf([1]), 500);
    const sealed = writer.seal();

    const before = encodeSealed(headerOf(1), sealed, table);
    table.acked(1);
    const after = encodeSealed({ ...headerOf(1), sendUptimeMs: 9_000 }, sealed, table);

    const entries = Buffer.from(sealed.bytes).toString("hex");
    expect(Buffer.from(before).toString("hex").endsWith(entries)).toBe(true);
    expect(Buffer.from(after).toString("hex").endsWith(entries)).toBe(true);
    expect(after.length).toBeLessThan(before.length);
  });

  it("writes no head of a tombstone", () => {
    const table = createTable({ sites: 2, texts: 0 }, "0123456789abcdef");
    const sealed = sealTombstone(3, [], 7);

    const decoded = decodeFrame(encodeSealed(headerOf(3), sealed, table));

    expect(decoded).toMatchObject({ ok: true, head: null, frame: { body: { uptimeMs: 7 } } });
  });
});

describe("sealTombstone", () => {
  it("stands for seqs with the uptime of the first, and what was lost with them", () => {
    const drops = [{ level: "info" as const, reason: "outbox_full" as const, count: 49 }];
    const table = createTable({ sites: 0, texts: 0 }, undefined);

    const sealed = sealTombstone(50, drops, 1_234);

    const decoded = decodeFrame(encodeSealed(headerOf(sealed.count), sealed, table));
    const body = { kind: "tombstone", uptimeMs: 1_234, drops };
    expect(decoded).toMatchObject({ ok: true, frame: { header: { count: 50 }, body } });
  });
});

describe("encodeSealed", () => {
  it("stays within what an agent takes, whatever must be defined and rides along", () => {
    const wide = (n: number): string => `${"語".repeat(700)}${n} %s`;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.nat({ max: 65_400 }), (sites, bytes) => {
        const table = createTable({ sites: 80, texts: 0 }, "0123456789abcdef");
        const writer = createBodyWriter(table);
        const add = (entry: LogEvent): boolean => addEntry(writer, entry, frameLimitBytes - 61);
        for (let n = 0; n < 8; n++) add(eventOf([0], `rider ${wide(n)}`));
        const base = writer.seal().count;
        table.settle(base);
        for (let n = 0; n < sites; n++) add(eventOf([0], wide(n)));
        add(eventOf(["x".repeat(bytes)]));
        const body = writer.seal();

        const frame = encodeSealed({ ...headerOf(body.count), base, first: base }, body, table);

        expect(frame.length).toBeLessThanOrEqual(frameLimitBytes);
        expect(decodeFrame(frame).ok).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
