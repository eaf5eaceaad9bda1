import { describe, expect, it } from "vitest";
import type { ReadEvent } from "../../../agent/demo/read-all.ts";
import { bootTag } from "../../../shared/boot-event.ts";
import { balance } from "./books.ts";
import { callOf } from "./calls.ts";
import type { TrueBoot } from "./truth.ts";

const startMs = 1_700_000_000_000;

/** A boot of `calls` calls, one a second. */
const bootOf = (calls: number, of: Partial<TrueBoot> = {}): TrueBoot => ({
  device: "pump-0",
  boot: "0-00000001",
  hasFlash: false,
  calls: Array.from({ length: calls }, (_, ordinal) => {
    const fromMs = startMs + ordinal * 1_000;
    return { fromMs, toMs: fromMs + 1 };
  }),
  own: 0,
  refused: 0,
  isClosed: false,
  ...of,
});

const origin = { device: "pump-0", boot: "0-00000001" };

const eventOf = (ordinal: number, fields: object = {}): ReadEvent => {
  const { level, format, values } = callOf(ordinal);
  const message = { level, ...origin, seq: ordinal, format, args: values, ...fields };
  return { timestamp: startMs + ordinal * 1_000, message: JSON.stringify(message) };
};

const noticeOf = (fields: object): ReadEvent => ({
  timestamp: startMs,
  message: JSON.stringify({ level: "warn", ...origin, seq: 3, ...fields }),
});

const flash = { hasFlash: true, boot: "4-00000001" };

describe("the books of faults", () => {
  it("balance where each call of a closed boot is there once", () => {
    const books = balance([bootOf(2, { isClosed: true })], [[eventOf(0), eventOf(1)]]);

    expect(books).toMatchObject({ logged: 2, delivered: 2, missing: 0, duplicates: 0, boots: 1 });
  });

  it("miss what a closed boot logged and nobody counts", () => {
    const boot = bootOf(3, { isClosed: true });
    const dropped = noticeOf({ event: "dropped", reason: "ring_full", count: 1 });

    expect(balance([boot], [[eventOf(0)]])).toMatchObject({ missing: 2 });
    expect(balance([boot], [[eventOf(0), dropped]])).toMatchObject({
      missing: 1,
      dropped: { ring_full: 1 },
    });
  });

  it("count what is told more than it is", () => {
    const dropped = noticeOf({ event: "dropped", reason: "ring_full", count: 2 });

    expect(balance([bootOf(1)], [[eventOf(0), dropped]])).toMatchObject({ overcounted: 2 });
  });

  it("miss the end of a boot that died until its tail is said to be unknown", () => {
    const closed = noticeOf({ seq: 1, event: "boot_closed", reason: "tail unknown after seq 0" });

    expect(balance([bootOf(3)], [[eventOf(0)]])).toMatchObject({ missing: 2, taken: 0 });
    expect(balance([bootOf(3)], [[eventOf(0), closed]])).toMatchObject({ missing: 0, taken: 2 });
  });

  it("miss what flash lost beyond what it reports at most", () => {
    const lost = noticeOf({
      ...flash,
      seq: 0,
      event: "dropped",
      reason: "power_loss",
      count: 2,
      atMost: true,
    });

    expect(balance([bootOf(2, flash)], [[lost]])).toMatchObject({ taken: 2, missing: 0 });
    expect(balance([bootOf(4, flash)], [[lost]])).toMatchObject({ taken: 2, missing: 2 });
  });

  it("miss what vanished from before the end of a boot that died", () => {
    const closed = noticeOf({ seq: 4, event: "boot_closed", reason: "tail unknown after seq 3" });
    const lost = noticeOf({
      ...flash,
      seq: 4,
      event: "dropped",
      reason: "power_loss",
      count: 60,
      atMost: true,
    });
    const counted = (of: object): ReadEvent =>
      noticeOf({ ...of, seq: 3, event: "dropped", reason: "ring_full", count: 1 });
    const seen = (of: object): ReadEvent[] => [eventOf(0, of), eventOf(2, of), counted(of)];

    const ofRam = balance([bootOf(9)], [[...seen({}), closed]]);
    const ofFlash = balance([bootOf(9, flash)], [[...seen(flash), lost]]);

    expect(ofRam).toMatchObject({ missing: 1, taken: 5 });
    expect(ofFlash).toMatchObject({ missing: 1, taken: 5 });
  });

  it("miss what the agent says it had last of a boot that died, and cannot be read", () => {
    const closed = noticeOf({ seq: 3, event: "boot_closed", reason: "tail unknown after seq 2" });

    expect(balance([bootOf(5)], [[eventOf(0), closed]])).toMatchObject({ missing: 2, taken: 2 });
  });

  it("know nothing of the seqs of a frame that gave way", () => {
    const closed = noticeOf({ seq: 6, event: "boot_closed", reason: "tail unknown after seq 5" });
    const buried = noticeOf({ seq: 1, event: "dropped", reason: "outbox_full", count: 4 });

    const books = balance([bootOf(8)], [[eventOf(0), buried, eventOf(5), closed]]);

    expect(books).toMatchObject({ missing: 0, taken: 2, dropped: { outbox_full: 4 } });
  });

  it("take drops whose count died with the boot for part of what flash lost", () => {
    const lost = noticeOf({
      ...flash,
      seq: 0,
      event: "dropped",
      reason: "power_loss",
      count: 2,
      atMost: true,
    });

    expect(balance([bootOf(4, { ...flash, refused: 2 })], [[lost]])).toMatchObject({ missing: 0 });
  });

  it("take boots of one flash together where they are told of together", () => {
    const boots = [1, 2, 3].map((number) =>
      bootOf(5, { hasFlash: true, boot: `${number}-00000001` }),
    );
    const told = { boot: "2-00000001", event: "dropped", reason: "power_loss", atMost: true };

    const books = balance(boots, [[noticeOf({ ...told, count: 128, boots: 2 })]]);

    expect(books).toMatchObject({ taken: 10, missing: 5, powerLossAtMost: 128 });
  });

  it("know that of a boot without flash that was never heard of nobody can tell", () => {
    expect(balance([bootOf(3)], [])).toMatchObject({ unheard: 3, missing: 0 });
    expect(balance([bootOf(3, flash)], [])).toMatchObject({ unheard: 0, missing: 3 });
  });

  it("count copies, of events and of what is told", () => {
    const dropped = noticeOf({ event: "dropped", reason: "ring_full", count: 1 });

    const books = balance([bootOf(2)], [[eventOf(0), eventOf(0), dropped, dropped]]);

    expect(books).toMatchObject({ delivered: 1, duplicates: 2, dropped: { ring_full: 1 } });
  });

  it("take what is told of possible copies for neither a drop nor a copy", () => {
    const told = noticeOf({ event: "possibly_duplicated", reason: "unknown_outcome", count: 9 });

    const books = balance([bootOf(1)], [[told, told, eventOf(0)]]);

    expect(books).toMatchObject({ delivered: 1, duplicates: 0, dropped: {}, overcounted: 0 });
  });

  it("see stamps and calls that run backwards by seq", () => {
    const early = { ...eventOf(1), timestamp: startMs - 1 };
    const swapped = [eventOf(0, { seq: 1 }), { ...eventOf(1, { seq: 0 }), timestamp: startMs }];

    expect(balance([bootOf(2)], [[early, eventOf(0)]])).toMatchObject({ outOfOrder: 1 });
    expect(balance([bootOf(2)], [swapped])).toMatchObject({ outOfOrder: 1 });
  });

  it("see words, values and events that were never logged", () => {
    const other = eventOf(1, { args: [99, "nowhere", 1] });

    expect(balance([bootOf(2)], [[eventOf(0), other]])).toMatchObject({ altered: 1 });
    expect(balance([bootOf(1)], [[eventOf(0), eventOf(1)]])).toMatchObject({ altered: 1 });
  });

  it("hold a stamp to the bound it states, or to a second", () => {
    const late = (lateMs: number, fields: object = {}): ReadEvent => ({
      ...eventOf(0, fields),
      timestamp: startMs + 1 + lateMs,
    });
    const judged = (event: ReadEvent) => balance([bootOf(1)], [[event]]);

    expect(judged(late(1_000))).toMatchObject({ beyondBound: 0, worstStampErrorMs: 1_000 });
    expect(judged(late(1_001))).toMatchObject({ beyondBound: 1 });
    expect(judged(late(1_500, { errorMs: 1_600 }))).toMatchObject({ beyondBound: 0 });
    expect(judged(late(9_000, { clock: "estimated" }))).toMatchObject({
      beyondBound: 0,
      worstStampErrorMs: 0,
      worstUnboundErrorMs: 9_000,
    });
  });

  it("add up whatever became of the events", () => {
    const closed = noticeOf({ seq: 2, event: "boot_closed", reason: "tail unknown after seq 1" });
    const dropped = noticeOf({ seq: 1, event: "dropped", reason: "ring_full", count: 2 });
    const other = bootOf(3, { boot: "0-00000002" });

    const books = balance([bootOf(9, { own: 1 }), other], [[eventOf(0), dropped, closed]]);

    expect(books).toMatchObject({ logged: 13, delivered: 1, taken: 7, unheard: 3, missing: 0 });
    expect(books.dropped).toEqual({ ring_full: 2 });
  });

  it("enter the logger's own events beside the calls", () => {
    const own = noticeOf({ level: "info", tag: bootTag, seq: 9, format: "boot %d", args: [1] });
    const boot = bootOf(1, { isClosed: true, own: 1 });

    expect(balance([boot], [[eventOf(0), own]])).toMatchObject({ missing: 0, overcounted: 0 });
    expect(balance([boot], [[eventOf(0)]])).toMatchObject({ missing: 1 });
    expect(balance([bootOf(0)], [[own]])).toMatchObject({ delivered: 1, overcounted: 0 });
  });
});
