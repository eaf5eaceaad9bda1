import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutBatch, type DraftEntries, draftOf } from "../../../../agent/delivery/batch/draft.ts";
import { mergeBoots } from "../../../../agent/delivery/batch/merge.ts";
import { bootKeyOf, type PendingEntry } from "../../../../agent/delivery/batch/pending.ts";
import { createBodyText } from "../../../../agent/delivery/message/body.ts";
import { unpackStamps } from "../../../../agent/spool/stamps.ts";
import {
  bootOfEntries,
  entryAt,
  eventWith,
  storedFrame,
  valueWriter,
} from "../../../support/any-batch.ts";
import { bootOf } from "../../../support/any-receipt.ts";
import { batchFacts } from "../../../support/cloudwatch-facts.ts";

const dayMs = 86_400_000;

const cut = (
  boots: PendingEntry[][],
  streamOf = (_epochMs: number) => ({ group: "g", stream: "s" }),
): DraftEntries =>
  cutBatch(mergeBoots(boots.map((entries) => bootOfEntries(entries))), {
    writer: valueWriter,
    body: createBodyText(),
    formats: { isUnknown: () => false },
    streams: { mayLeave: () => false, elsewhere: () => null },
    streamOf,
  });

const eventsOf = ({ body }: DraftEntries): { timestamp: number; message: string }[] =>
  JSON.parse(Buffer.from(body ?? "{}").toString()).logEvents;

const messagesOf = (entries: DraftEntries): string[] =>
  eventsOf(entries).map(({ message }) => message);

/** Boots of some devices, each with stamps that never run backwards. */
const anyBoots = () =>
  fc
    .array(fc.array(fc.nat({ max: 4 * dayMs }), { minLength: 1, maxLength: 12 }), {
      minLength: 1,
      maxLength: 5,
    })
    .map((boots) =>
      boots.map((stamps, boot) =>
        stamps
          .toSorted((left, right) => left - right)
          .map((epochMs, seq) =>
            entryAt(epochMs, seq, { boot: bootOf(boot + 1), ...eventWith(`${boot + 1}/${seq}`) }),
          ),
      ),
    );

describe("draft of a batch", () => {
  it("takes the first entries of each boot, within 24 h, in order, whichever came first", () => {
    fc.assert(
      fc.property(
        anyBoots().chain((boots) =>
          fc.tuple(fc.constant(boots), fc.shuffledSubarray(boots, { minLength: boots.length })),
        ),
        ([boots, shuffled]) => {
          const draft = cut(boots);
          const other = cut(shuffled);

          const stamps = eventsOf(draft).map(({ timestamp }) => timestamp);
          expect(other.body).toEqual(draft.body);
          expect(stamps).toEqual(stamps.toSorted((left, right) => left - right));
          expect((stamps.at(-1) ?? 0) - (stamps[0] ?? 0)).toBeLessThanOrEqual(dayMs);
        },
      ),
    );
  });

  it("intends for each boot what it sends of it, from its first seq on", () => {
    fc.assert(
      fc.property(anyBoots(), (boots) => {
        const draft = cut(boots);

        const intended = draft.runs.flatMap(({ boot, from, stamps }) =>
          unpackStamps(stamps).map(({ epochMs }, index) => ({
            timestamp: epochMs,
            message: `${boot.number}/${from + index}`,
          })),
        );
        const byMessage = (events: { message: string }[]) =>
          events.toSorted((left, right) => (left.message < right.message ? -1 : 1));
        expect(byMessage(intended)).toEqual(byMessage(eventsOf(draft)));
      }),
    );
  });

  it("takes a span of 24 h, and not 1 ms more", () => {
    const draft = cut([[entryAt(0, 0), entryAt(dayMs, 1), entryAt(dayMs + 1, 2)]]);

    expect(messagesOf(draft)).toEqual(["pump 0", "pump 1"]);
    expect(draft.isWhole).toBe(false);
  });

  it("takes as many bytes as CloudWatch does, 26 more for each event", () => {
    const half = batchFacts.limitBytes / 2 - batchFacts.eventOverheadBytes;
    const entries = ["é".repeat(half / 2), "x".repeat(half), "x"].map((message, seq) =>
      entryAt(0, seq, eventWith(message)),
    );

    expect(cut([entries]).events).toBe(2);
    expect(cut([entries.slice(0, 2)]).isWhole).toBe(true);
  });

  it("takes 10,000 events, and not one more", () => {
    const draft = cut([Array.from({ length: 10_001 }, (_, seq) => entryAt(0, seq))]);

    expect(draft.events).toBe(10_000);
    expect(eventsOf(draft)).toHaveLength(10_000);
  });

  it("ends where the day's stream does", () => {
    const draft = cut(
      [[entryAt(dayMs - 2, 0), entryAt(dayMs - 1, 1), entryAt(dayMs, 2)]],
      (epochMs) => ({ group: "g", stream: new Date(epochMs).toISOString().slice(0, 10) }),
    );

    expect(messagesOf(draft)).toEqual(["pump 0", "pump 1"]);
    expect(draft.target.stream).toBe("1970-01-01");
  });

  it("takes an entry that exceeds the limits alone by itself, and leaves its calls to its intent", () => {
    const large = "x".repeat(batchFacts.limitBytes / 2);

    const draft = cut([[entryAt(0, 0, eventWith(large, large, "rest")), entryAt(0, 1)]]);

    expect(draft.body).toBeNull();
    expect(draft.runs.map(({ stamps }) => unpackStamps(stamps).length)).toEqual([1]);
  });

  it("keeps what could not be read, and counts what is told", () => {
    const drop = { level: "warn", event: "dropped", reason: "ring_full", count: 3 } as const;
    const origin = { device: "pump", boot: bootOf(1), seq: 0, uptimeMs: 1 };
    const broken = entryAt(1, 0, { event: null, unreadable: "bad at byte 3" });
    const counted = entryAt(2, 1, { event: null, told: [{ origin, notice: drop }] });

    const draft = cut([[broken, counted, entryAt(3, 2)]]);

    expect(draft.unreadable).toEqual([broken]);
    expect(draft.tally).toMatchObject({ eventsDelivered: 1, dropped: { ring_full: 3 } });
  });
});

describe("what a draft settles", () => {
  const frameAt = (from: number, end: number, boot = bootOf(1)) => ({
    ...storedFrame("pump", from, boot),
    end,
  });
  const settledBy = (entries: PendingEntry[], frames: ReturnType<typeof frameAt>[], next = 0) => {
    const first = frames[0] ?? frameAt(0, 0);
    const done = { device: "pump", boot: first.boot, next, stampMs: 1 };
    const byBoot = new Map([[bootKeyOf(first), frames]]);
    return draftOf({ lane: "g:s", byBoot, progress: [done] }, cut([entries]), true);
  };

  it("is each boot's progress behind its last entry, and the frames that are done", () => {
    const stamp = { epochMs: 9, errorMs: 1, quality: "synced", trueMs: 4 } as const;
    const frames = [frameAt(0, 1), frameAt(1, 2), frameAt(2, 4)];

    const draft = settledBy([entryAt(5, 1), entryAt(9, 2, { stamp })], frames, 1);

    const boot = bootOf(1);
    expect(draft.progress).toEqual([{ device: "pump", boot, next: 3, stampMs: 9, trueMs: 4 }]);
    expect(draft.delivered).toEqual(frames.slice(0, 2));
  });

  it("is what was delivered before, where nothing is sent", () => {
    const frames = [frameAt(0, 3), frameAt(3, 5)];

    const draft = settledBy([], frames, 3);

    expect(draft.progress).toEqual([]);
    expect(draft.delivered).toEqual(frames.slice(0, 1));
  });
});
