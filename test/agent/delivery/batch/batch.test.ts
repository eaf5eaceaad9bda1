import { describe, expect, it } from "vitest";
import {
  callLength,
  intentOf,
  takeAll,
  withAccepted,
} from "../../../../agent/delivery/batch/batch.ts";
import { createWriter } from "../../../../agent/delivery/message/write.ts";
import type { LogStream } from "../../../../agent/delivery/stream.ts";
import { unpackStamps } from "../../../../agent/spool/stamps.ts";
import { anyTarget, batchOf, entryAt, eventWith, valueWriter } from "../../../support/any-batch.ts";
import { bootOf } from "../../../support/any-receipt.ts";
import { batchFacts } from "../../../support/cloudwatch-facts.ts";

describe("batch", () => {
  it("sends in several calls what exceeds the limits of one", () => {
    const large = "x".repeat(batchFacts.limitBytes / 2);
    const entry = entryAt(0, 0, eventWith(large, large, "rest"));

    const { events } = takeAll([entry], {
      writer: valueWriter,
      home: anyTarget,
      elsewhere: () => null,
      repeated: null,
    });

    expect(callLength(events)).toBe(1);
    expect(callLength(events.slice(1))).toBe(2);
  });

  it("sends what goes elsewhere in calls of its own, after what goes home", () => {
    const elsewhere = { group: "errors", stream: "s" };
    const entries = [0, 1, 2, 3].map((seq) => entryAt(seq, seq));

    const { events } = takeAll(entries, {
      writer: valueWriter,
      home: anyTarget,
      elsewhere: ({ seq }) => (seq % 2 === 0 ? { ...elsewhere } : null),
      repeated: null,
    });

    expect(events.map(({ entry }) => entry)).toEqual([1, 3, 0, 2]);
    expect(callLength(events)).toBe(2);
    expect(callLength(events.slice(2))).toBe(2);
    expect(events[2]?.target).toEqual(elsewhere);
  });
});

describe("what a batch tells of repeated events", () => {
  const radio = { group: "radio", stream: "s" };
  const writer = createWriter("json");
  const entries = [0, 1, 2, 3].map((seq) => entryAt(seq, seq));
  const takenOf = (target: LogStream) =>
    takeAll(entries, {
      writer,
      home: anyTarget,
      elsewhere: ({ seq }) => (seq > 1 ? { ...(seq === 2 ? alarms : radio) } : null),
      repeated: { count: 9, target },
    });
  const alarms = { group: "alarms", stream: "s" };

  it("is the first event of the next call, which goes to the stream that has them", () => {
    const { events, json } = takenOf(radio);

    expect(events.map(({ entry }) => entry)).toEqual([null, 3, 0, 1, 2]);
    expect(events[0]).toMatchObject({ timestamp: 3, target: radio });
    expect(json[0]).toContain('\\"event\\":\\"possibly_duplicated\\"');
    expect(callLength(events)).toBe(2);
  });

  it("goes alone, as of an entry that is not refused, where its stream gets no event", () => {
    const { events } = takenOf({ group: "g2", stream: "s" });

    expect(events.map(({ entry }) => entry)).toEqual([null, 0, 1, 2, 3]);
    expect(callLength(events)).toBe(1);
  });

  it("is told once it is accepted, and no part of an entry", () => {
    const taken = takenOf(anyTarget);
    const batch = { ...batchOf(entries), ...taken };

    const told = withAccepted(batch, (index) => index < 2);
    const untold = withAccepted(batch, (index) => index === 1);

    expect(told.repeated).toBeNull();
    expect(told.events.map(({ entry }) => entry)).toEqual([1, 2, 3]);
    expect(told.entries[0]?.stamp.accepted).toBe(1);
    expect(untold.repeated).toEqual(taken.repeated);
    expect(untold.events.map(({ entry }) => entry)).toEqual([null, 1, 2, 3]);
    expect(untold.entries[0]?.stamp.accepted).toBe(1);
  });
});

describe("batch accepted in part", () => {
  it("counts an entry's events up to the first that was not accepted", () => {
    const batch = batchOf([entryAt(0, 0, eventWith("a", "b", "c")), entryAt(0, 1)]);

    const rest = withAccepted(batch, (index) => index !== 1);

    expect(rest.entries.map(({ stamp }) => stamp.accepted)).toEqual([1, 1]);
    expect(rest.events).toEqual(batch.events.slice(1, 3));
  });

  it("adds to what was accepted before", () => {
    const stamp = { epochMs: 0, errorMs: 1, quality: "synced", accepted: 2 } as const;
    const batch = batchOf([entryAt(0, 0, { stamp })]);

    const rest = withAccepted(batch, () => true);

    expect(rest.entries[0]?.stamp.accepted).toBe(3);
    expect(rest.events).toEqual([]);
  });
});

describe("intent of a batch", () => {
  it("has the stamps of each boot in the order of seq, whatever the order of the entries", () => {
    const batch = batchOf([entryAt(5, 8), entryAt(6, 7), entryAt(6, 0, { boot: bootOf(2) })]);

    const intent = intentOf(batch);

    expect(
      intent.runs.map(({ from, stamps }) => [
        from,
        unpackStamps(stamps).map(({ epochMs }) => epochMs),
      ]),
    ).toEqual([
      [7, [6, 5]],
      [0, [6]],
    ]);
  });
});
