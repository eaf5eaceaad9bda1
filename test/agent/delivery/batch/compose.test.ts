import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Batch, intentOf } from "../../../../agent/delivery/batch/batch.ts";
import { createComposer } from "../../../../agent/delivery/batch/compose.ts";
import { createStampWindow } from "../../../../agent/delivery/batch/stamp-window.ts";
import type { ReadClock } from "../../../../agent/delivery/batch/stamping.ts";
import { createTally, tallyEntry } from "../../../../agent/delivery/batch/tally.ts";
import { createMetricRule } from "../../../../agent/delivery/message/metric.ts";
import { eventsIn } from "../../../../agent/delivery/outcome/read-back.ts";
import { settlementOf } from "../../../../agent/delivery/outcome/settle.ts";
import { createStreams } from "../../../../agent/delivery/stream.ts";
import { decodeIntent, encodeIntent } from "../../../../agent/spool/intent-record.ts";
import type { Spool, StoredFrame } from "../../../../agent/spool/spool.ts";
import { packStamps } from "../../../../agent/spool/stamps.ts";
import { encodeFrame } from "../../../../shared/codec/encode.ts";
import type { LogEvent } from "../../../../shared/event.ts";
import type { Frame } from "../../../../shared/frame.ts";
import { anyFrame } from "../../../support/any-frame.ts";
import { withoutDictionaries } from "../../../support/any-reading.ts";
import { bootOf, headerOf, newFrame } from "../../../support/any-receipt.ts";
import { lane, sentBy, startDeliveryStep } from "../../../support/delivery-step.ts";
import { fakeSpool } from "../../../support/fake-spool.ts";
import { append } from "../../../support/opened-spool.ts";

const dayMs = 86_400_000;

const on = (uptimeMs: number, text: string): LogEvent => ({
  kind: "event",
  uptimeMs,
  site: { level: "info", tag: "", format: text },
  values: [],
});

/** A backlog of four days in one boot, and live traffic in another, which arrived first or last. */
const backlogAndLive = async (random: () => number, isLiveFirst: boolean) => {
  const rig = await startDeliveryStep({ random });
  const backlog = () =>
    rig.store(
      [1, 2, 3, 4].map((day) => on(day * 2 * dayMs, `day ${day}`)),
      1,
    );
  const live = () => rig.store([on(9 * dayMs, "live")], 2);
  if (isLiveFirst) await live();
  await backlog();
  if (!isLiveFirst) await live();
  rig.time.advance(9 * dayMs);
  await rig.finish();
  return sentBy(rig);
};

const composerOf = (spool: Spool, readClock: ReadClock = inTurnOfUptime) =>
  createComposer({
    spool,
    streams: createStreams({ group: "g", stream: "s", fleet: "test" }),
    loadClocks: async () => {},
    clockOf: () => readClock,
    stampWindow: createStampWindow(() => 0),
    refusedStamps: "keep",
    form: "json",
    metricRule: createMetricRule("test"),
    redact: null,
    ...withoutDictionaries(),
    random: () => 0.99,
  });

const inTurnOfUptime: ReadClock = (uptimeMs) => ({
  epochMs: uptimeMs,
  errorMs: 1,
  quality: "synced",
});

/** Stamps of every kind, which often run backwards and are often equal. */
const anyhow: ReadClock = (uptimeMs) => ({
  epochMs: Math.round((uptimeMs % 1e9) / 50) + ((uptimeMs % 7) - 3) * 5,
  errorMs: uptimeMs % 3 === 0 ? null : uptimeMs % 2_000,
  quality: (["synced", "estimated", "placed"] as const)[uptimeMs % 3] ?? "placed",
});

/** Stores frames of two boots, whatever their bodies; the seqs are made to fit. */
const storeAll = async (spool: Spool, frames: { frame: Frame; boot: number }[]): Promise<void> => {
  const nextSeq = new Map<number, number>();
  for (const { frame, boot: number } of frames) {
    const boot = bootOf(number);
    const { body } = frame;
    const count = body.kind === "entries" ? body.entries.length : Math.min(9, frame.header.count);
    const from = nextSeq.get(number) ?? 0;
    nextSeq.set(number, from + count);
    const bytes = encodeFrame({ header: headerOf(boot, from, count), body });
    const stored = { ...newFrame("pump", from, { boot }), lane, end: from + count, bytes };
    await append(spool, stored, number);
  }
};

describe("composer", () => {
  it.each([true, false])(
    "sends the oldest slice first, live traffic arrived first: %s",
    async (isFirst) => {
      const calls = await backlogAndLive(() => 0.99, isFirst);

      expect(calls).toEqual([["day 1"], ["day 2"], ["day 3"], ["day 4", "live"]]);
    },
  );

  it.each([true, false])(
    "sends live traffic before the backlog now and then, arrived first: %s",
    async (isFirst) => {
      const calls = await backlogAndLive(() => 0.1, isFirst);

      expect(calls).toEqual([["live"], ["day 1"], ["day 2"], ["day 3"], ["day 4"]]);
    },
  );

  it("gives a quarter of the batches to live traffic", async () => {
    const draws = [0.99, 0.25, 0.2499, 0.5, 0.5];
    const calls = await backlogAndLive(() => draws.shift() ?? 0.5, true);

    expect(calls).toEqual([["day 1"], ["day 2"], ["live"], ["day 3"], ["day 4"]]);
  });

  it("composes of any frames what their intent gives again byte by byte", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ frame: anyFrame(), boot: fc.constantFrom(1, 2) }), { minLength: 1 }),
        async (frames) => {
          const { spool } = await fakeSpool({ limitBytes: 100_000_000 });
          await storeAll(spool, frames);
          const composed = await composerOf(spool, anyhow).compose(lane);
          if (composed.kind !== "draft") throw new Error(`Composed ${composed.kind}`);
          const { draft } = composed;

          const batch = await composerOf(spool).recompose(draft.intent);

          const formats = { isUnknown: () => false };
          const tally = createTally();
          for (const entry of batch?.entries ?? []) tallyEntry(tally, entry, formats);
          const settlement = settlementOf({ ...(batch as Batch) }, []);
          expect(Buffer.from(batch?.body ?? "").toString()).toBe(
            Buffer.from(draft.body ?? "").toString(),
          );
          expect(batch?.events).toHaveLength(draft.events);
          expect(draft.tally).toEqual(tally);
          expect(draft.delivered).toEqual(settlement.delivered);
          expect(draft.progress).toEqual(expect.arrayContaining(settlement.progress));
          expect(draft.progress).toHaveLength(settlement.progress.length);
        },
      ),
    );
  });

  it("composes of any intent that tells of repeated events the same bytes, the notice before the rest", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ frame: anyFrame(), boot: fc.constantFrom(1, 2) }), { minLength: 1 }),
        async (frames) => {
          const { spool } = await fakeSpool({ limitBytes: 100_000_000 });
          await storeAll(spool, frames);
          const composed = await composerOf(spool, anyhow).compose(lane);
          if (composed.kind !== "draft") throw new Error(`Composed ${composed.kind}`);
          const { intent } = composed.draft;
          const repeated = { count: 3, target: { group: "g", stream: "s" } };
          const told = decodeIntent(encodeIntent({ ...intent, repeated }));

          const plain = await composerOf(spool).recompose(intent);
          const batch = await composerOf(spool).recompose(told);
          const again = await composerOf(spool).recompose(intentOf(batch as Batch));

          expect(again?.body).toEqual(batch?.body);
          expect(batch?.events.slice(1)).toEqual(plain?.events);
          const [notice, ...others] = eventsIn(batch?.body ?? Buffer.from("{}"));
          const rest = eventsIn(plain?.body ?? Buffer.from("{}"));
          expect(JSON.parse(notice?.message ?? "{}")).toMatchObject({ count: 3 });
          expect(others).toEqual(rest.slice(0, others.length));
        },
      ),
    );
  });

  it("composes the batch of an intent again, stamps and all, whatever has come since", async () => {
    const rig = await startDeliveryStep();
    const composer = composerOf(rig.spool);
    await rig.store([on(1, "a"), on(2, "b")]);
    const stamps = [70, 80].map((epochMs) => ({ epochMs, errorMs: 3, quality: "synced" as const }));
    const runs = [{ device: "pump", boot: bootOf(1), from: 0, end: 2, stamps: packStamps(stamps) }];
    await rig.store([on(3, "c")]);

    const batch = await composer.recompose({ lane, group: "g2", stream: "s2", runs });

    expect(batch?.target).toEqual({ group: "g2", stream: "s2" });
    expect(
      eventsIn(batch?.body ?? Buffer.from("{}")).map(({ timestamp, message }) => [
        timestamp,
        JSON.parse(message).message,
      ]),
    ).toEqual([
      [70, "a"],
      [80, "b"],
    ]);
  });

  it("composes in chronological order an intent whose stamps were revised", async () => {
    const rig = await startDeliveryStep();
    const composer = composerOf(rig.spool);
    await rig.store([on(1, "a"), on(2, "b")]);
    const stamps = [90, 80].map((epochMs) => ({ epochMs, errorMs: 3, quality: "synced" as const }));
    const runs = [{ device: "pump", boot: bootOf(1), from: 0, end: 2, stamps: packStamps(stamps) }];

    const batch = await composer.recompose({ lane, group: "g2", stream: "s2", runs });

    expect(
      eventsIn(batch?.body ?? Buffer.from("{}")).map(({ timestamp, message }) => [
        timestamp,
        JSON.parse(message).message,
      ]),
    ).toEqual([
      [80, "b"],
      [90, "a"],
    ]);
  });

  it("refuses an intent whose frames the spool does not hold", async () => {
    const { spool } = await fakeSpool();
    const composer = composerOf(spool);
    const stamps = [{ epochMs: 1, errorMs: 1, quality: "synced" as const }];
    const runs = [{ device: "pump", boot: bootOf(1), from: 0, end: 1, stamps: packStamps(stamps) }];

    const composing = composer.recompose({ lane, group: "g", stream: "s", runs });

    await expect(composing).rejects.toMatchObject({ code: "INTENT_BROKEN" });
  });

  it("refuses an intent one of whose frames has changed on the disk, though enough entries wait", async () => {
    const rig = await startDeliveryStep();
    await rig.store([on(1, "a"), on(2, "b")]);
    await rig.store([on(3, "c")]);
    const stamps = [70, 80].map((epochMs) => ({ epochMs, errorMs: 3, quality: "synced" as const }));
    const runs = [{ device: "pump", boot: bootOf(1), from: 0, end: 2, stamps: packStamps(stamps) }];
    const read: Spool["read"] = async (...asked) => {
      const [first, ...others] = await rig.spool.read(...asked);
      return [{ ...(first as StoredFrame), isDamaged: true }, ...others];
    };

    const composing = composerOf({ ...rig.spool, read }).recompose({
      ...{ lane, group: "g", stream: "s" },
      runs,
    });

    await expect(composing).rejects.toMatchObject({ code: "INTENT_BROKEN" });
  });
});
