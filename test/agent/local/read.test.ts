import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Page, type Position, readPage } from "../../../agent/local/store/read.ts";
import { encodeRecord } from "../../../agent/local/store/record.ts";
import { openSegments, type Segments } from "../../../agent/local/store/segment.ts";
import type { StoredStream } from "../../../agent/local/store/store.ts";
import { digitsOfPosition, positionOfDigits } from "../../../agent/local/token.ts";
import { scratchDirectory } from "../../support/local-endpoint.ts";

/** A call: to which stream, and the stamps of its events. */
const anyCall = fc.record({
  streamId: fc.integer({ min: 1, max: 3 }),
  stamps: fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 12 }),
  padding: fc.constantFrom(0, 0, 0, 9_000),
});

type Call = typeof anyCall extends fc.Arbitrary<infer T> ? T : never;

const streams: StoredStream[] = [1, 2, 3].map((id) => ({ id, name: `s${id}`, creationMs: 0 }));

interface Known {
  timestampMs: number;
  streamId: number;
  ordinal: number;
}

/** Stores the calls and tells what reading should find, in order. */
const storeAll = (segments: Segments, calls: readonly Call[]): Known[] => {
  const known: Known[] = [];
  for (const { streamId, stamps, padding } of calls) {
    const firstOrdinal = segments.index(streamId).eventCount;
    const events = [...stamps]
      .sort((left, right) => left - right)
      .map((timestamp, place) => ({
        timestamp,
        message: `${streamId}.${firstOrdinal + place}${" ".repeat(padding)}`,
      }));
    const bytes = events.reduce((sum, { message }) => sum + message.length, 0);
    segments.append(streamId, encodeRecord(events, bytes, { ingestedMs: 0, visibleAtMs: 0 }));
    events.forEach(({ timestamp: timestampMs }, place) => {
      known.push({ timestampMs, streamId, ordinal: firstOrdinal + place });
    });
  }
  return known.sort(
    (left, right) =>
      left.timestampMs - right.timestampMs ||
      left.streamId - right.streamId ||
      left.ordinal - right.ordinal,
  );
};

const readAll = async (
  segments: Segments,
  range: { fromMs: number; beforeMs: number; limitEvents: number; isBackward: boolean },
): Promise<string[]> => {
  const pages: Page["events"][] = [];
  let beyond: Position | undefined;
  do {
    const page = await readPage(segments, { streams, nowMs: 0, beyond, ...range });
    pages.push(page.events);
    beyond = page.resume;
  } while (beyond);
  const inOrder = range.isBackward ? pages.reverse() : pages;
  return inOrder.flat().map(({ message }) => message.trim());
};

describe("reading in pages", () => {
  it.each([false, true])("finds every event once and in order, backward %s", async (isBackward) => {
    const range = fc.record({
      fromMs: fc.integer({ min: 0, max: 15 }),
      beforeMs: fc.integer({ min: 15, max: 40 }),
      limitEvents: fc.integer({ min: 1, max: 20 }),
    });

    const law = fc.asyncProperty(fc.array(anyCall, { maxLength: 12 }), range, async (calls, at) => {
      const segments = openSegments(await scratchDirectory());
      const known = storeAll(segments, calls);

      const found = await readAll(segments, { ...at, isBackward });

      segments.close();
      const wanted = known
        .filter(({ timestampMs }) => timestampMs >= at.fromMs && timestampMs < at.beforeMs)
        .map(({ streamId, ordinal }) => `${streamId}.${ordinal}`);
      expect(found).toEqual(wanted);
    });
    await fc.assert(law, { numRuns: 60 });
  });
});

describe("position", () => {
  it("survives its 56 digits", () => {
    const anyPosition = fc.record({
      timestampMs: fc.maxSafeNat(),
      ordinal: fc.maxSafeNat(),
      streamId: fc.nat(),
    });

    fc.assert(
      fc.property(anyPosition, (position) => {
        const digits = digitsOfPosition(position, "test");

        expect(digits).toMatch(/^\d{56}$/);
        expect(positionOfDigits(digits, "test")).toEqual(position);
      }),
    );
  });

  it("is refused where it was not given out", () => {
    const digits = digitsOfPosition({ timestampMs: 1, ordinal: 2, streamId: 3 }, "one use");

    expect(() => positionOfDigits(digits, "another")).toThrow(
      "The specified nextToken is invalid.",
    );
  });
});
