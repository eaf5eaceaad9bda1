import { describe, expect, it } from "vitest";
import { createComposer } from "../../../../agent/delivery/batch/compose.ts";
import { createStampWindow } from "../../../../agent/delivery/batch/stamp-window.ts";
import { createMetricRule } from "../../../../agent/delivery/message/metric.ts";
import { eventsIn } from "../../../../agent/delivery/outcome/read-back.ts";
import { createStreams } from "../../../../agent/delivery/stream.ts";
import type { LogEvent } from "../../../../shared/event.ts";
import { withoutDictionaries } from "../../../support/any-reading.ts";
import { bootOf } from "../../../support/any-receipt.ts";
import { lane, sentBy, startDeliveryStep } from "../../../support/delivery-step.ts";
import { fakeSpool } from "../../../support/fake-spool.ts";

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

  it("composes the batch of an intent again, stamps and all, whatever has come since", async () => {
    const rig = await startDeliveryStep();
    const composer = createComposer({
      spool: rig.spool,
      streams: createStreams({ group: "g", stream: "s", fleet: "test" }),
      loadClocks: async () => {},
      clockOf: () => (uptimeMs) => ({ epochMs: uptimeMs, errorMs: 1, quality: "synced" }),
      stampWindow: createStampWindow(() => 0),
      refusedStamps: "keep",
      form: "json",
      metricRule: createMetricRule("test"),
      ...withoutDictionaries(),
      random: () => 0.99,
    });
    await rig.store([on(1, "a"), on(2, "b")]);
    const stamps = [70, 80].map((epochMs) => ({ epochMs, errorMs: 3, quality: "synced" as const }));
    const runs = [{ device: "pump", boot: bootOf(1), from: 0, stamps }];
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
    const composer = createComposer({
      spool: rig.spool,
      streams: createStreams({ group: "g", stream: "s", fleet: "test" }),
      loadClocks: async () => {},
      clockOf: () => (uptimeMs) => ({ epochMs: uptimeMs, errorMs: 1, quality: "synced" }),
      stampWindow: createStampWindow(() => 0),
      refusedStamps: "keep",
      form: "json",
      metricRule: createMetricRule("test"),
      ...withoutDictionaries(),
      random: () => 0.99,
    });
    await rig.store([on(1, "a"), on(2, "b")]);
    const stamps = [90, 80].map((epochMs) => ({ epochMs, errorMs: 3, quality: "synced" as const }));
    const runs = [{ device: "pump", boot: bootOf(1), from: 0, stamps }];

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
    const composer = createComposer({
      spool,
      streams: createStreams({ group: "g", stream: "s", fleet: "test" }),
      loadClocks: async () => {},
      clockOf: () => () => ({ epochMs: 0, errorMs: 1, quality: "synced" }),
      stampWindow: createStampWindow(() => 0),
      refusedStamps: "keep",
      form: "json",
      metricRule: createMetricRule("test"),
      ...withoutDictionaries(),
      random: () => 0.99,
    });
    const stamps = [{ epochMs: 1, errorMs: 1, quality: "synced" as const }];
    const runs = [{ device: "pump", boot: bootOf(1), from: 0, stamps }];

    const composing = composer.recompose({ lane, group: "g", stream: "s", runs });

    await expect(composing).rejects.toMatchObject({ code: "INTENT_BROKEN" });
  });
});
