import { describe, expect, it } from "vitest";
import { createFramer } from "../../device/framer.ts";
import type { SetupOptions } from "../../device/setup.ts";
import { encodeSealed } from "../../shared/codec/encode.ts";
import { decodeFrame, type Entry } from "../../shared/index.ts";
import { frameTargetBytes, headerLimitBytes } from "../../shared/limits.ts";
import { createDeviceParts, eventOf } from "../support/device-parts.ts";

const createFramerBench = (options: Partial<SetupOptions> = {}) => {
  const parts = createDeviceParts(options);
  let seals = 0;
  const framer = createFramer(parts.setup, parts.outbox, () => seals++);
  const entriesOf = (index: number): Entry[] => {
    const frame = parts.outbox.frames[index];
    if (frame === undefined) return [];
    const header = {
      boot: parts.setup.boot(),
      base: 0,
      first: frame.first,
      count: frame.body.count,
    };
    const sent = { ...header, sendUptimeMs: 0, ackId: 0, ackUptimeMs: 0 };
    const decoded = decodeFrame(encodeSealed(sent, frame.body, parts.setup.table));
    return decoded.ok && decoded.frame.body.kind === "entries" ? decoded.frame.body.entries : [];
  };
  return { ...parts, framer, entriesOf, seals: () => seals };
};

describe("framer", () => {
  it("seals by size, within what the header leaves of a frame", () => {
    const { framer, outbox, seals } = createFramerBench();

    for (let count = 0; count < 100; count++) framer.add(eventOf("info", `event ${count}`));

    expect(seals()).toBe(outbox.frames.length);
    expect(outbox.frames.length).toBeGreaterThan(0);
    for (const frame of outbox.frames) {
      expect(frame.body.bytes.length).toBeLessThanOrEqual(frameTargetBytes - headerLimitBytes);
    }
  });

  it("gives an event larger than a frame aims at a frame of its own", () => {
    const { framer, outbox, entriesOf } = createFramerBench();
    framer.add(eventOf("info", "before"));

    expect(framer.add(eventOf("info", "x".repeat(9_000)))).toBe(true);
    framer.add(eventOf("info", "after"));

    expect(outbox.frames.map((frame) => frame.body.count)).toEqual([1, 1]);
    expect(entriesOf(1)).toHaveLength(1);
  });

  it("counts an event that no frame can carry, at its level", () => {
    const { framer, setup, entriesOf } = createFramerBench({ outboxBytes: 1_000_000 });

    const isAdmitted = framer.add(eventOf("error", "x".repeat(65_536)));
    framer.seal();

    expect(isAdmitted).toBe(false);
    expect(setup.tally.dropped).toEqual({ too_large: 1 });
    expect(entriesOf(0)).toMatchObject([
      { kind: "drop", drop: { level: "error", reason: "too_large", count: 1 } },
    ]);
  });

  it("refuses debug first as the outbox fills, and fatal never", () => {
    const { framer, setup } = createFramerBench({ outboxBytes: 4_096 });
    const refusedAt: { [level: string]: number } = {};

    for (let count = 0; count < 400; count++) {
      for (const level of ["debug", "info", "warn", "error"] as const) {
        if (!framer.add(eventOf(level, `${count} of many`))) refusedAt[level] ??= count;
      }
      expect(framer.add(eventOf("fatal", `${count}`))).toBe(true);
    }

    const order = ["debug", "info", "warn", "error"].map((level) => refusedAt[level] ?? -1);
    expect(order).toEqual([...order].sort((left, right) => left - right));
    expect(order[0]).toBeGreaterThan(0);
    expect(setup.tally.dropped.ring_full).toBeGreaterThan(0);
  });

  it("lets counts ride at the start of the next frame, once", () => {
    const { framer, entriesOf } = createFramerBench();
    framer.drop("info", "busy");
    framer.drop("info", "busy");

    framer.add(eventOf("info", "next"));
    framer.seal();
    framer.add(eventOf("info", "after"));
    framer.seal();

    expect(entriesOf(0)).toMatchObject([
      { kind: "drop", drop: { level: "info", reason: "busy", count: 2 } },
      { kind: "event" },
    ]);
    expect(entriesOf(1)).toMatchObject([{ kind: "event" }]);
  });

  it("makes a frame of counts alone where no event comes", () => {
    const { framer, entriesOf } = createFramerBench();
    framer.drop("warn", "busy");

    expect(framer.isEmpty()).toBe(false);
    expect(framer.seal()).toBe(true);
    expect(framer.isEmpty()).toBe(true);
    expect(entriesOf(0)).toMatchObject([{ kind: "drop" }]);
  });

  it("has nothing to seal where nothing was added", () => {
    const { framer, outbox } = createFramerBench();

    expect(framer.seal()).toBe(false);
    expect(outbox.frames).toEqual([]);
  });

  it("ends the boot with an end entry, however full the outbox", () => {
    const { framer, outbox, entriesOf } = createFramerBench({ outboxBytes: 2_048 });
    for (let count = 0; count < 500; count++) framer.add(eventOf("error", `event ${count}`));

    framer.end();

    const entries = entriesOf(outbox.frames.length - 1);
    expect(entries[entries.length - 1]).toMatchObject({ kind: "end" });
    expect(entries.some((entry) => entry.kind === "drop")).toBe(true);
    expect(outbox.bytes()).toBeLessThanOrEqual(2_048);
  });
});
