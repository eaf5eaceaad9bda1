import { describe, expect, it } from "vitest";
import { createFlusher } from "../../device/flusher.ts";
import { createFramer } from "../../device/framer.ts";
import type { Level } from "../../shared/index.ts";
import { addEvent, createDeviceParts } from "../support/device-parts.ts";

/** A flusher whose frames can be sent, or not. */
const createFlusherBench = () => {
  const { clock, setup, outbox } = createDeviceParts();
  let isSendable = true;
  const framer = createFramer(setup, {
    outbox,
    onAdded: (kind) => flusher.added(kind),
    onLost: () => flusher.dropped(),
    onSeal: () => flusher.sealed(),
  });
  const sendDue = (): void => {
    if (isSendable) flusher.sealDue();
  };
  const flusher = createFlusher(setup, framer, sendDue);
  const add = (level: Level): void => {
    addEvent({ framer, setup }, level, level, clock.uptimeMs());
  };
  return {
    clock,
    framer,
    flusher,
    add,
    frames: () => outbox.frames.map((frame) => frame.body.count),
    setSendable(value: boolean) {
      isSendable = value;
      sendDue();
    },
  };
};

describe("flusher", () => {
  it("lets a frame leave 5 s after its first event", () => {
    const { clock, add, frames } = createFlusherBench();

    add("info");
    clock.advance(3_000);
    add("info");
    clock.advance(1_999);
    expect(frames()).toEqual([]);
    clock.advance(1);

    expect(frames()).toEqual([2]);
  });

  it("lets an error leave at once, with what waited before it", () => {
    const { add, frames } = createFlusherBench();

    add("info");
    add("error");

    expect(frames()).toEqual([2]);
  });

  it("flushes for errors at most once in 2 s", () => {
    const { clock, add, frames } = createFlusherBench();

    for (let count = 0; count < 10; count++) {
      add("error");
      clock.advance(100);
    }
    expect(frames()).toEqual([1]);
    clock.advance(1_000);

    expect(frames()).toEqual([1, 9]);
  });

  it("keeps a due frame open, and growing, until it can be sent", () => {
    const { clock, add, frames, setSendable } = createFlusherBench();
    setSendable(false);

    add("info");
    clock.advance(60_000);
    add("info");
    expect(frames()).toEqual([]);
    setSendable(true);

    expect(frames()).toEqual([2]);
  });

  it("lets counts leave as well where no event comes", () => {
    const { clock, framer, frames } = createFlusherBench();

    framer.drop(1, "busy");
    clock.advance(5_000);

    expect(frames()).toEqual([1]);
  });

  it("forgets a flush that had nothing to send", () => {
    const { clock, flusher, add, frames } = createFlusherBench();

    flusher.flush();
    add("info");
    clock.advance(100);

    expect(frames()).toEqual([]);
  });

  it("has no timer running while nothing waits", () => {
    const { clock, flusher, add } = createFlusherBench();

    add("info");
    flusher.flush();

    expect(clock.timers()).toBe(0);
  });
});
