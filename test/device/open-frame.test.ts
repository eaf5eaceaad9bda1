import { describe, expect, it } from "vitest";
import { createOpenFrame } from "../../device/open-frame.ts";
import { createTable, type Table } from "../../shared/codec/table.ts";
import { eventOf } from "../support/device-parts.ts";

const table = (): Table => createTable({ sites: 8, texts: 2 }, undefined);

describe("open frame", () => {
  it("numbers entries of all kinds from 0 over the whole boot", () => {
    const open = createOpenFrame(table());

    open.add(eventOf("info", "a"), 1_000);
    open.add(
      { kind: "drop", uptimeMs: 0, drop: { level: "info", reason: "busy", count: 3 } },
      1_000,
    );
    const left = open.seal();
    open.add({ kind: "end", uptimeMs: 0 }, 1_000);
    const right = open.seal();

    expect([left.first, left.body.count, left.events]).toEqual([0, 2, 1]);
    expect([right.first, right.body.count, right.events]).toEqual([2, 1, 0]);
  });

  it("refuses an entry that would exceed the limit, and stays as it was", () => {
    const open = createOpenFrame(table());
    open.add(eventOf("info", "short"), 40);
    const bytes = open.bytes();

    expect(open.add(eventOf("info", "x".repeat(60)), 40)).toBe(false);
    expect(open.add(eventOf("info", "short"), 0)).toBe(false);

    expect([open.count(), open.bytes()]).toEqual([1, bytes]);
  });

  it("never lets uptime run backwards, not even from one frame to the next", () => {
    const open = createOpenFrame(table());
    const late = eventOf("info", "late", 500);
    const early = eventOf("info", "early", 300);
    open.add(late, 1_000);
    open.seal();

    open.add(early, 1_000);

    expect(early.uptimeMs).toBe(500);
    expect(open.seal().uptimeMs).toBe(500);
  });

  it("remembers what would be lost with the frame, by level", () => {
    const open = createOpenFrame(table());
    for (const level of ["info", "info", "error"] as const) open.add(eventOf(level, "x"), 1_000);
    open.add(
      { kind: "drop", uptimeMs: 0, drop: { level: "debug", reason: "busy", count: 9 } },
      999,
    );

    const frame = open.seal();

    expect(frame.hasErrors).toBe(true);
    expect(frame.drops).toEqual([
      { level: "info", reason: "outbox_full", count: 2 },
      { level: "error", reason: "outbox_full", count: 1 },
      { level: "debug", reason: "busy", count: 9 },
    ]);
  });

  it("begins the next frame with nothing of the last", () => {
    const open = createOpenFrame(table());
    open.add(eventOf("fatal", "x"), 1_000);
    open.seal();
    open.add(eventOf("info", "y"), 1_000);

    const frame = open.seal();

    expect(frame.hasErrors).toBe(false);
    expect(frame.drops).toEqual([{ level: "info", reason: "outbox_full", count: 1 }]);
  });
});
