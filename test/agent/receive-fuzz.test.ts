import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openFrame } from "../../agent/delivery/batch/pending.ts";
import { heldBootsLimit } from "../../agent/session/keeping.ts";
import { createSession } from "../../agent/session.ts";
import type { StoredFrame } from "../../agent/spool/spool.ts";
import { encodeFrame } from "../../shared/codec/encode.ts";
import { type Boot, bootText, type FrameHeader } from "../../shared/frame.ts";
import { integerLimit } from "../../shared/limits.ts";
import { anyDamage, anyFrame } from "../support/any-frame.ts";
import { anyReading } from "../support/any-reading.ts";
import { countedBoot, headerOf, payloadOf } from "../support/any-receipt.ts";
import { bootEvent, entriesBody } from "../support/flash-device.ts";
import {
  definitionOf,
  headedPayload,
  headWith,
  tombstonePayload,
} from "../support/headed-frame.ts";
import { startReceive } from "../support/started-receive.ts";

/** Small ones, which meet each other, and those at the edge of what a number holds. */
const anySeq = fc.oneof(
  { weight: 6, arbitrary: fc.nat(12) },
  { weight: 1, arbitrary: fc.integer({ min: 2 ** 31 - 2, max: 2 ** 32 + 2 }) },
  { weight: 1, arbitrary: fc.integer({ min: integerLimit - 9, max: integerLimit }) },
);

const anyBoot: fc.Arbitrary<Boot> = fc.record({
  nonce: fc.constantFrom(1, 2, 0xffff_ffff),
  number: anySeq,
});

const anyHeader: fc.Arbitrary<FrameHeader> = fc
  .record({
    boot: anyBoot,
    first: anySeq,
    heldBelow: anySeq,
    count: anySeq,
    sendUptimeMs: anySeq,
    ackId: anySeq,
    ackAgoMs: anySeq,
    endedAgoMs: fc.option(anySeq, { nil: undefined }),
  })
  .map(({ boot, first, heldBelow, count, sendUptimeMs, ackId, ackAgoMs, endedAgoMs }) => {
    const isReplayed = endedAgoMs !== undefined;
    const most = Math.max(1, integerLimit - first);
    return {
      boot,
      first: Math.min(first, integerLimit - 1),
      base: Math.max(0, Math.min(first, integerLimit - 1) - heldBelow),
      count: Math.min(Math.max(1, count), most),
      sendUptimeMs,
      ackId: isReplayed ? 0 : ackId,
      ackUptimeMs: isReplayed || ackId === 0 ? sendUptimeMs : Math.max(0, sendUptimeMs - ackAgoMs),
      ...(isReplayed ? { endedAgoMs } : {}),
    };
  });

const anyHead = fc.record({ needs: fc.nat(3), settled: fc.nat(3), many: fc.nat(3) });

/** What a device may send that means harm, or is broken; `echo` is the last ack it got. */
type Attack = (echo: number) => Uint8Array;

const anyAttack: fc.Arbitrary<Attack> = fc.oneof(
  fc.tuple(anyHeader, anyHead).map(([header, { needs, settled, many }]): Attack => {
    const definitions = Array.from({ length: many }, (_, index) => definitionOf(needs + index));
    return () => headedPayload(header, headWith(needs, needs + settled, definitions));
  }),
  anyHeader.map(
    (header): Attack =>
      () =>
        tombstonePayload(header),
  ),
  fc.tuple(anyBoot, anySeq, fc.integer({ min: 1, max: 4 }), fc.nat(5_000)).map(
    ([boot, at, count, sendUptimeMs]): Attack =>
      (echo) => {
        const first = Math.min(at, integerLimit - count);
        const sent = {
          sendUptimeMs,
          ackId: echo,
          ackUptimeMs: echo ? sendUptimeMs >> 1 : sendUptimeMs,
        };
        return payloadOf({ ...headerOf(boot, first, count), ...sent });
      },
  ),
  fc.tuple(anyBoot, anySeq).map(([boot, heldFrom]): Attack => {
    const entries = [bootEvent(boot, heldFrom)];
    return () => encodeFrame({ header: headerOf(boot, 0), body: entriesBody(entries) });
  }),
  anyFrame().map(
    (frame): Attack =>
      () =>
        encodeFrame(frame),
  ),
  anyFrame()
    .chain((frame) => anyDamage(encodeFrame(frame)))
    .map(
      (bytes): Attack =>
        () =>
          bytes,
    ),
);

const reading = anyReading();

/** Looks at all entries of a frame as delivery does. */
const read = (frame: StoredFrame): number => {
  const entries = openFrame(frame, bootText(frame.boot), reading);
  for (let index = 0; index < entries.length; index++) {
    entries.entry(index, { epochMs: 0, errorMs: 0, quality: "synced" });
  }
  return entries.length;
};

describe("receive and whatever a device sends", () => {
  it("never fails, never moves a cursor back, and keeps what can be read again", async () => {
    const anyStep = fc.oneof(
      { weight: 12, arbitrary: anyAttack },
      { weight: 1, arbitrary: fc.constant("restart" as const) },
    );
    const law = fc.asyncProperty(
      fc.array(anyStep, { maxLength: 60, size: "max" }),
      async (steps) => {
        let rig = await startReceive();
        const cursors = new Map<string, number>();
        for (const step of steps) {
          rig.time.advance(7);
          if (step === "restart") {
            rig = await startReceive({}, 100, rig.disk.diskAfterPowerCut(), rig.time);
            continue;
          }
          await rig.take(step(rig.acks.at(-1)?.ackId ?? 0));

          for (const { boot, cursor } of await rig.spool.boots("pump")) {
            const key = bootText(boot);
            expect(cursor).toBeGreaterThanOrEqual(cursors.get(key) ?? 0);
            expect(Number.isSafeInteger(cursor)).toBe(true);
            cursors.set(key, cursor);
          }
          expect(rig.fatals).toEqual([]);
        }
        for (const frame of await rig.framesOf("pump")) expect(read(frame)).toBeLessThan(100);
      },
    );

    await fc.assert(law, { numRuns: Number(process.env.RUNS ?? 100) });
  });

  it("acks every frame whose header it can read and whose shard is right, with what it has", async () => {
    const law = fc.asyncProperty(fc.array(anyHeader, { maxLength: 20 }), async (headers) => {
      const { take, acks } = await startReceive();

      for (const header of headers) await take(tombstonePayload(header));

      expect(acks.map(({ boot }) => boot)).toEqual(headers.map(({ boot }) => boot));
      for (const { next } of acks) expect(next).toBeLessThanOrEqual(integerLimit);
    });

    await fc.assert(law, { numRuns: 60 });
  });
});

describe("session and a device that invents boots", () => {
  it("keeps 1,024 of them at most, and answers in bounded time", () => {
    const session = createSession([]);
    const kept = new Set<string>();
    let mostCloses = 0;

    for (let number = 1; number <= 2_500; number++) {
      const boot = countedBoot(number % 2 === 0 ? number : integerLimit - number);
      const heldFrom = Math.min(boot.number, 1 + (number % 3));
      const { closes, forgotten } = session.advance(headerOf(boot, 0), false, { heldFrom });
      kept.add(bootText(boot));
      for (const gone of forgotten) kept.delete(bootText(gone));
      mostCloses = Math.max(mostCloses, closes.length);
    }

    expect(kept.size).toBeLessThanOrEqual(heldBootsLimit);
    expect(mostCloses).toBeLessThanOrEqual(20);
  });
});
