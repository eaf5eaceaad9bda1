import { describe, expect, it } from "vitest";
import { createFramer } from "../../device/framer.ts";

import { encodeSealed } from "../../shared/codec/encode.ts";
import { metricLevel } from "../../shared/codec/header.ts";
import { decodeFrame, type Entry, type Level } from "../../shared/index.ts";
import { frameTargetBytes, headerLimitBytes } from "../../shared/limits.ts";
import { addEvent, createDeviceParts, type PartsOptions } from "../support/device-parts.ts";
import { fakeFlash } from "../support/fake-journal.ts";

const createFramerBench = (options: PartsOptions = {}) => {
  const parts = createDeviceParts(options);
  let seals = 0;
  const told: string[] = [];
  const framer = createFramer(parts.setup, {
    outbox: parts.outbox,
    onAdded: (kind) => told.push(`added ${kind}`),
    onLost: () => told.push("lost"),
    onSeal: () => seals++,
  });
  const add = (level: Level, format: string, uptimeMs?: number): boolean =>
    addEvent({ framer, setup: parts.setup }, level, format, uptimeMs);
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
  return { ...parts, framer, add, told, entriesOf, seals: () => seals };
};

describe("framer", () => {
  it("seals by size, within what the header leaves of a frame", () => {
    const { add, outbox, seals } = createFramerBench();

    for (let count = 0; count < 100; count++) add("info", `event ${count}`);

    expect(seals()).toBe(outbox.frames.length);
    expect(outbox.frames.length).toBeGreaterThan(0);
    for (const frame of outbox.frames) {
      expect(frame.body.bytes.length).toBeLessThanOrEqual(frameTargetBytes - headerLimitBytes);
    }
  });

  it("gives an event larger than a frame aims at a frame of its own", () => {
    const { add, outbox, entriesOf } = createFramerBench();
    add("info", "before");

    expect(add("info", "x".repeat(9_000))).toBe(true);
    add("info", "after");

    expect(outbox.frames.map((frame) => frame.body.count)).toEqual([1, 1]);
    expect(entriesOf(1)).toHaveLength(1);
  });

  it("counts an event that no frame can carry, at its level", () => {
    const { add, framer, setup, entriesOf } = createFramerBench({ outboxBytes: 1_000_000 });

    const isAdmitted = add("error", "x".repeat(65_536));
    framer.seal();

    expect(isAdmitted).toBe(false);
    expect(setup.tally.dropped).toEqual({ too_large: 1 });
    expect(entriesOf(0)).toMatchObject([
      { kind: "drop", drop: { level: "error", reason: "too_large", count: 1 } },
    ]);
  });

  it("refuses debug first as the outbox fills, and fatal never", () => {
    const { add, setup } = createFramerBench({ outboxBytes: 4_096 });
    const refusedAt: { [level: string]: number } = {};

    for (let count = 0; count < 400; count++) {
      for (const level of ["debug", "info", "warn", "error"] as const) {
        if (!add(level, `${count} of many`)) refusedAt[level] ??= count;
      }
      expect(add("fatal", `${count}`)).toBe(true);
    }

    const order = ["debug", "info", "warn", "error"].map((level) => refusedAt[level] ?? -1);
    expect(order).toEqual([...order].sort((left, right) => left - right));
    expect(order[0]).toBeGreaterThan(0);
    expect(setup.tally.dropped.ring_full).toBeGreaterThan(0);
  });

  it("lets counts ride at the start of the next frame, once", () => {
    const { add, framer, entriesOf } = createFramerBench();
    framer.drop(1, "busy");
    framer.drop(1, "busy");

    add("info", "next");
    framer.seal();
    add("info", "after");
    framer.seal();

    expect(entriesOf(0)).toMatchObject([
      { kind: "drop", drop: { level: "info", reason: "busy", count: 2 } },
      { kind: "event" },
    ]);
    expect(entriesOf(1)).toMatchObject([{ kind: "event" }]);
  });

  it("makes a frame of counts alone where no event comes", () => {
    const { framer, entriesOf } = createFramerBench();
    framer.drop(2, "busy");

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
    const { add, framer, outbox, entriesOf } = createFramerBench({ outboxBytes: 2_048 });
    for (let count = 0; count < 500; count++) add("error", `event ${count}`);

    framer.end();

    const entries = entriesOf(outbox.frames.length - 1);
    expect(entries[entries.length - 1]).toMatchObject({ kind: "end" });
    expect(entries.some((entry) => entry.kind === "drop")).toBe(true);
    expect(outbox.bytes()).toBeLessThanOrEqual(2_048);
  });

  it("numbers entries of all kinds from 0 over the whole boot", () => {
    const { add, framer, outbox } = createFramerBench();

    add("info", "a");
    framer.drop(1, "busy");
    framer.seal();
    framer.end();

    const shapes = outbox.frames.map(({ first, body, events }) => [first, body.count, events]);
    expect(shapes).toEqual([
      [0, 2, 1],
      [2, 1, 0],
    ]);
  });

  it("never lets uptime run backwards, not even from one frame to the next", () => {
    const { add, framer, outbox, entriesOf } = createFramerBench();
    add("info", "late", 500);
    framer.seal();

    add("info", "early", 300);
    add("info", "also", 400);
    framer.seal();

    expect(outbox.frames.map(({ uptimeMs }) => uptimeMs)).toEqual([500, 500]);
    expect(entriesOf(1).map(({ uptimeMs }) => uptimeMs)).toEqual([500, 500]);
  });

  it("remembers what would be lost with a frame, by level, and nothing of the one before", () => {
    const { add, framer, outbox } = createFramerBench();
    for (const level of ["info", "info", "error"] as const) add(level, "x");
    framer.add(metricLevel, "", ["load", 1], 0);
    framer.drop(0, "busy");
    framer.seal();
    add("info", "y");
    framer.seal();

    expect(outbox.frames.map(({ hasErrors, drops }) => ({ hasErrors, drops }))).toEqual([
      {
        hasErrors: true,
        drops: [
          { level: "info", reason: "outbox_full", count: 3 },
          { level: "error", reason: "outbox_full", count: 1 },
          { level: "debug", reason: "busy", count: 1 },
        ],
      },
      { hasErrors: false, drops: [{ level: "info", reason: "outbox_full", count: 1 }] },
    ]);
  });

  it("tells of a frame's first event, of errors, and of each drop", () => {
    const { add, framer, told } = createFramerBench();

    for (const level of ["info", "info", "error", "warn"] as const) add(level, "x");
    framer.drop(1, "busy");
    framer.drop(2, "busy");

    expect(told).toEqual(["added 1", "added 3", "lost", "lost"]);
  });
});

describe("framer with flash", () => {
  it("uses no seq that flash has not reserved", () => {
    const flash = fakeFlash();
    const { add, setup } = createFramerBench({ flash });
    let used = 0;

    for (let count = 0; count < 1_000; count++) {
      if (add("info", "event")) used++;
      expect(flash.boots[0]?.reserved).toBeGreaterThanOrEqual(used);
    }

    expect(used).toBe(1_000);
    expect(setup.tally.unreserved).toBeUndefined();
  });

  it("asks flash for no more than a block for a short start", () => {
    const flash = fakeFlash();
    const { add } = createFramerBench({ flash });

    for (let count = 0; count < 40; count++) add("info", "event");

    expect(flash.boots[0]?.reserved).toBe(64);
  });

  it("goes on without flash where it reserves no more, counts that and says it once", () => {
    const flash = fakeFlash();
    flash.isReadOnly = true;
    const { add, setup } = createFramerBench({ flash });
    const said: unknown[] = [];
    setup.notify = (args) => said.push(args);

    for (let count = 0; count < 300; count++) expect(add("info", "event")).toBe(true);

    expect(said).toEqual([
      ["flash reserves no seqs: what a power cut takes from now on is not reported"],
    ]);
    expect(setup.tally.unreserved).toBeGreaterThanOrEqual(300 - 64);
  });

  it("stores a frame with a fatal event before anything is sent", () => {
    const flash = fakeFlash();
    const { add, outbox, told } = createFramerBench({ flash });
    add("info", "before");

    add("fatal", "last words");

    expect(outbox.frames).toMatchObject([{ events: 2, stored: [1, 2, 2] }]);
    expect(told).toEqual(["added 1", "added 4"]);
  });

  it("stores errors at once only where there is no connection", () => {
    const [down, up] = [fakeFlash(), fakeFlash()];
    const offline = createFramerBench({ flash: down });
    const online = createFramerBench({ flash: up });
    online.link.connect();

    for (const { add, framer } of [offline, online]) {
      add("error", "failed");
      framer.seal();
    }

    expect(down.boots[0]?.frames).toHaveLength(1);
    expect(up.boots[0]?.frames).toEqual([]);
  });
});
