import { describe, expect, it } from "vitest";
import { checkSettings } from "../../../agent/config.ts";
import { createDelivery } from "../../../agent/delivery/delivery.ts";
import { createStreams } from "../../../agent/delivery/stream.ts";
import { createMetrics } from "../../../agent/metrics.ts";
import { withoutDictionaries } from "../../support/any-reading.ts";
import { newFrame, recordOf } from "../../support/any-receipt.ts";
import { errorOf, FakeCloudWatch } from "../../support/fake-cloudwatch.ts";
import { fakeSpool } from "../../support/fake-spool.ts";
import { hastyTime } from "../../support/hasty-time.ts";

const startDelivery = async (cloudwatch = new FakeCloudWatch()) => {
  const disk = await fakeSpool();
  const fatal: unknown[] = [];
  const metrics = createMetrics();
  const schedule = createDelivery({
    settings: checkSettings({ delivery: { flushAfterMs: 0 } }, "the test"),
    spool: disk.spool,
    intended: [],
    streams: createStreams({ group: "g", stream: "{device}", fleet: "test" }),
    cloudwatch,
    metrics,
    time: hastyTime(100),
    ...withoutDictionaries(),
    random: () => 0.5,
    loadClocks: async () => {},
    clockOf: () => () => ({ epochMs: 1, errorMs: 1, quality: "synced" }),
    onTrouble: () => {},
    onRepeat: () => {},
    onFatal: (cause) => fatal.push(cause),
  });
  const store = async (device: string): Promise<void> => {
    const frame = newFrame(device, 0);
    await disk.spool.append(frame, recordOf(frame), { isNewDevice: true, forget: [] });
    schedule.wake(frame.lane, false);
  };
  return { ...disk, schedule, metrics, cloudwatch, fatal, store };
};

describe("delivery", () => {
  it("delivers the lanes that are woken", async () => {
    const { spool, schedule, metrics, store } = await startDelivery();

    await store("pump");
    await store("door");
    const isDrained = await schedule.drain(10_000);

    expect(isDrained).toBe(true);
    expect(spool.usage().frames).toBe(0);
    expect(metrics.eventsDelivered).toBe(2);
  });

  it("says so when the spool fails, and calls nobody for what has no intent on disk", async () => {
    const { schedule, cloudwatch, fatal, store, hold, fail } = await startDelivery();

    await store("pump");
    hold();
    fail();
    await schedule.drain(10_000);
    await schedule.stop();

    expect(fatal).toHaveLength(1);
    expect(cloudwatch.calls).toEqual([]);
  });

  it("stops although thousands of streams wait to be made", async () => {
    const absent = new FakeCloudWatch(({ action }) =>
      action === "PutLogEvents" ? errorOf("ResourceNotFoundException") : errorOf("Throttling"),
    );
    const { schedule, store, spool } = await startDelivery(absent);

    for (let device = 0; device < 100; device++) await store(`pump-${device}`);
    const isDrained = await schedule.drain(500);
    await schedule.stop();

    expect(isDrained).toBe(false);
    expect(spool.usage().frames).toBe(100);
  });
});
