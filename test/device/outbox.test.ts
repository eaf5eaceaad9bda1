import { describe, expect, it } from "vitest";
import { isTombstone } from "../../device/held-frame.ts";
import type { Outbox } from "../../device/outbox.ts";
import type { Level } from "../../shared/index.ts";
import { createDeviceParts, frameOf } from "../support/device-parts.ts";

const createOutboxBench = (limitBytes: number) => {
  const { outbox, setup } = createDeviceParts({ outboxBytes: limitBytes });
  return { outbox, tally: setup.tally };
};

const addFrames = (outbox: Outbox, levelsInOrder: Level[], bytes: number): void => {
  for (const level of levelsInOrder) {
    outbox.add(frameOf(outbox.frames.length, level, bytes));
    outbox.makeRoom(0);
  }
};

const shapeOf = (outbox: Outbox): string[] =>
  outbox.frames.map((frame) => `${isTombstone(frame) ? "tomb" : "live"} ${frame.body.count}`);

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
});
