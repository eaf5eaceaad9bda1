import { describe, expect, it } from "vitest";
import { isShed, isTombstone } from "../../device/held-frame.ts";
import type { Outbox } from "../../device/outbox.ts";
import type { Level } from "../../shared/index.ts";
import { createDeviceParts, frameOf } from "../support/device-parts.ts";
import { fakeFlash } from "../support/fake-journal.ts";

const createOutboxBench = (limitBytes: number, flash = fakeFlash({ limitBytes: 0 })) => {
  const { outbox, setup, link, clock } = createDeviceParts({ outboxBytes: limitBytes, flash });
  return { outbox, tally: setup.tally, link, clock, flash };
};

const addFrames = (outbox: Outbox, levelsInOrder: Level[], bytes: number): void => {
  for (const level of levelsInOrder) {
    outbox.add(frameOf(outbox.frames.length, level, bytes));
    outbox.makeRoom(0);
  }
};

const shapeOf = (outbox: Outbox): string[] =>
  outbox.frames.map((frame) => {
    const kind = isShed(frame) ? "flash" : isTombstone(frame) ? "tomb" : "live";
    return `${kind} ${frame.body.count}`;
  });

describe("outbox", () => {
  it("gives each level more room than the one below it", () => {
    const { outbox } = createOutboxBench(8_192);
    addFrames(outbox, ["info"], 3_000);

    const rooms = [0, 1, 2, 3, 4].map((rank) => outbox.roomBytes(rank));

    expect(rooms).toEqual([...rooms].sort((left, right) => left - right));
    expect(new Set(rooms).size).toBe(5);
  });

  it("has room for a fatal event however full it is", () => {
    const { outbox } = createOutboxBench(4_096);
    addFrames(outbox, Array<Level>(40).fill("fatal"), 200);

    expect(outbox.roomBytes(3)).toBeLessThan(200);
    expect(outbox.roomBytes(4)).toBeGreaterThan(2_000);
  });

  it("never holds more than its limit, tombstones included", () => {
    const { outbox } = createOutboxBench(2_048);

    for (let seq = 0; seq < 300; seq++) {
      outbox.add(frameOf(seq, seq % 7 === 0 ? "error" : "info", 60 + (seq % 90)));
      outbox.makeRoom(0);
      expect(outbox.bytes()).toBeLessThanOrEqual(2_048);
    }
  });

  it("lets the oldest frame give way first", () => {
    const { outbox, tally } = createOutboxBench(1_024);

    addFrames(outbox, ["info", "info", "info", "info"], 200);

    expect(shapeOf(outbox)).toEqual(["tomb 1", "live 1", "live 1", "live 1"]);
    expect(tally.dropped).toEqual({ outbox_full: 1 });
  });

  it("lets frames with errors give way last", () => {
    const { outbox } = createOutboxBench(1_024);

    addFrames(outbox, ["error", "info", "info", "info"], 200);

    expect(shapeOf(outbox)).toEqual(["live 1", "tomb 1", "live 1", "live 1"]);
  });

  it("joins neighbouring tombstones that were never sent", () => {
    const { outbox } = createOutboxBench(1_024);

    addFrames(outbox, Array<Level>(9).fill("info"), 200);

    expect(shapeOf(outbox)).toEqual(["tomb 6", "live 1", "live 1", "live 1"]);
  });

  it("keeps tombstones of frames that were sent apart, so that the cursor is never inside one", () => {
    const { outbox } = createOutboxBench(1_024);
    addFrames(outbox, ["info", "info"], 200);
    for (const frame of outbox.frames) frame.sends = 1;

    addFrames(outbox, Array<Level>(6).fill("info"), 200);

    expect(shapeOf(outbox)).toEqual(["tomb 1", "tomb 1", "tomb 3", "live 1", "live 1", "live 1"]);
  });

  it("forgets frames wholly below the ack, and only those that were sent", () => {
    const { outbox, tally } = createOutboxBench(8_192);
    addFrames(outbox, ["info", "info", "info"], 100);
    for (const frame of outbox.frames.slice(0, 2)) frame.sends = 1;

    const retired = outbox.retire(99);

    expect(retired).toBe(2);
    expect(tally.acked).toBe(2);
    expect(outbox.frames.map((frame) => frame.first)).toEqual([2]);
  });

  it("keeps a frame that an ack covers in part", () => {
    const { outbox } = createOutboxBench(8_192);
    const frame = frameOf(0, "info", 10);
    frame.sends = 1;
    frame.body.count = 5;
    outbox.add(frame);

    expect(outbox.retire(4)).toBe(0);
    expect(outbox.retire(5)).toBe(1);
    expect(outbox.bytes()).toBe(0);
  });

  it("lets frames give way to flash where there is any, as one run", () => {
    const { outbox, tally, flash } = createOutboxBench(1_024, fakeFlash());

    addFrames(outbox, Array<Level>(9).fill("info"), 200);

    expect(shapeOf(outbox)).toEqual(["flash 7", "live 1", "live 1"]);
    expect(flash.boots[0]?.frames).toHaveLength(7);
    expect(tally.dropped).toEqual({});
  });

  it("keeps more in memory while frames are acked", () => {
    const { outbox, link, flash } = createOutboxBench(1_024, fakeFlash());
    link.connect();

    addFrames(outbox, Array<Level>(3).fill("info"), 200);

    expect(flash.writtenBytes).toBe(0);
    expect(shapeOf(outbox)).toEqual(["live 1", "live 1", "live 1"]);
  });

  it("writes nothing twice", () => {
    const { outbox, flash } = createOutboxBench(1_024, fakeFlash());
    addFrames(outbox, ["info", "info", "info"], 200);
    const writtenBytes = flash.writtenBytes;

    for (let round = 0; round < 3; round++) outbox.makeRoom(0);

    expect(flash.writtenBytes).toBe(writtenBytes);
  });

  it("knows of so many frames in flash as its memory allows, and no more", () => {
    const { outbox, tally } = createOutboxBench(1_024, fakeFlash({ limitBytes: 1_000_000 }));

    addFrames(outbox, Array<Level>(100).fill("info"), 200);

    expect(shapeOf(outbox)).toEqual(["flash 16", "tomb 82", "live 1", "live 1"]);
    expect(outbox.bytes()).toBeLessThanOrEqual(1_024);
    expect(tally.dropped).toEqual({ outbox_full: 82 });
  });

  it("tells flash what is acked of its frames", () => {
    const { outbox, flash, tally } = createOutboxBench(1_024, fakeFlash());
    addFrames(outbox, ["info", "info", "info"], 200);
    for (const frame of outbox.frames) frame.sends = 1;

    outbox.retire(2);

    expect(flash.boots[0]?.frames).toEqual([]);
    expect(tally.acked).toBe(2);
  });

  it("frees in flash what it gave up as refused, once that is acked", () => {
    const { outbox, flash } = createOutboxBench(1_024, fakeFlash());
    addFrames(outbox, Array<Level>(9).fill("info"), 200);
    const frame = outbox.frames[0];
    if (frame) frame.sends = 8;
    if (frame) outbox.bury(frame, "refused");

    const retired = outbox.retire(7);

    expect(retired).toBe(1);
    expect(flash.boots[0]?.frames).toEqual([]);
  });
});
