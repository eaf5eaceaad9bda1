import { describe, expect, it } from "vitest";
import { createDelivery } from "../../device/delivery.ts";
import { createRecorder } from "../../device/recorder.ts";
import { createDeviceParts } from "../support/device-parts.ts";

/** Elements of all that can be reached: bytes of arrays and texts, properties of objects. */
const sizeOf = (root: object): number => {
  const seen = new Set<unknown>([root]);
  let size = 0;
  for (const value of seen) {
    if (typeof value === "string") size += value.length;
    else if (ArrayBuffer.isView(value)) size += value.byteLength;
    else if (typeof value === "object" && value !== null) {
      for (const each of Object.values(value)) {
        size++;
        seen.add(each);
      }
    }
  }
  return size;
};

describe("a logger that is offline", () => {
  it("holds no more after 100,000 events than after 1,000", () => {
    const { clock, setup } = createDeviceParts({ outboxBytes: 2_048 });
    const delivery = createDelivery(setup);
    const recorder = createRecorder(setup, delivery);
    const outcome = { timers: 0, bytes: 0, size: 0 };
    const most = { early: { ...outcome }, late: { ...outcome } };

    for (let count = 0; count < 100_000; count++) {
      const kind = count % 6;
      recorder.record(kind, `t${count % 3}`, [`site ${count % 40} %d %s`, count, `v${count % 50}`]);
      if (count % 10 === 0) recorder.record(1, "", [`built from ${count}`]);
      if (count % 100 === 0) clock.advance(1_000);
      if (count % 50 > 0) continue;
      const found = count < 1_000 ? most.early : most.late;
      found.timers = Math.max(found.timers, clock.timers());
      found.bytes = Math.max(found.bytes, delivery.bytes());
      found.size = Math.max(found.size, sizeOf({ setup, limits: delivery.limits }));
    }

    expect(most.late.bytes).toBeLessThanOrEqual(2_048);
    expect(most.late.timers).toBeLessThanOrEqual(most.early.timers);
    expect(most.late.size).toBeLessThanOrEqual(most.early.size * 1.1);
    expect(setup.tally.logged).toBe(110_000);
    expect(setup.table.meanings.length).toBeLessThanOrEqual(21);
  });
});
