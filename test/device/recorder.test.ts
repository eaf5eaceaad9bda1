import { describe, expect, it } from "vitest";
import type { Delivery } from "../../device/delivery.ts";
import { createRecorder, type Mirror } from "../../device/recorder.ts";
import { metricLevel } from "../../shared/codec/header.ts";
import type { LogEvent } from "../../shared/index.ts";
import { createDeviceParts } from "../support/device-parts.ts";

/** What the delivery was given. */
interface Added {
  kind: number;
  tag: string;
  format: unknown;
  values: unknown[];
  uptimeMs: number;
}

const createRecorderBench = (mirror?: Mirror) => {
  const { clock, setup } = createDeviceParts();
  const events: Added[] = [];
  const drops: string[] = [];
  const trouble = { isAtHand: false };
  const limits = new Int32Array(6).fill(1_000);
  const delivery: Delivery = {
    add(kind, tag, args, uptimeMs) {
      if (trouble.isAtHand) throw new RangeError("out of memory");
      const [format, ...values] = Array.from(args);
      events.push({ kind, tag, format, values, uptimeMs });
    },
    drop: (kind, reason) => drops.push(`${kind} ${reason}`),
    limits,
    flush: () => {},
    shrink: () => {},
    keep: null,
    bytes: () => 0,
    close: () => {},
    sleep: () => {},
    renew: () => {},
  };
  const recorder = createRecorder(setup, delivery, mirror);
  const record = (...args: unknown[]): void => recorder.record(1, "", args);
  return { clock, setup, recorder, record, events, drops, trouble, limits };
};

describe("recorder", () => {
  it("makes an event of a call: stamp, site, values", () => {
    const { clock, recorder, events } = createRecorderBench();
    clock.advance(1_234);

    recorder.record(2, "wifi", ["rssi %d of %s", -71, { ap: 1 }]);

    expect(events).toEqual([
      {
        kind: 2,
        uptimeMs: 1_234,
        tag: "wifi",
        format: "rssi %d of %s",
        values: [-71, { json: '{"ap":1}' }],
      },
    ]);
  });

  it("marks a measurement, with its unit in place of the tag", () => {
    const { recorder, events } = createRecorderBench();

    recorder.record(metricLevel, "Percent", ["humidity", 41.5]);

    expect(events).toEqual([
      {
        kind: metricLevel,
        uptimeMs: 0,
        tag: "Percent",
        format: "humidity",
        values: [41.5],
      },
    ]);
  });

  it("shows the first argument where it is no text", () => {
    const { record, events } = createRecorderBench();

    record(new TypeError("bad"), 2);
    record();

    expect(events.map((event) => [event.format, event.values])).toEqual([
      ["%s", ["TypeError: bad", 2]],
      ["%s", []],
    ]);
  });

  it("lets a call made from an argument wait until the outer one is done", () => {
    const { clock, record, events } = createRecorderBench();
    const argument = {
      toJSON() {
        clock.advance(5);
        record("inner");
        return 1;
      },
    };

    record("outer %s", argument);

    expect(events.map((event) => event.format)).toEqual(["outer %s", "inner"]);
    expect(events.map((event) => event.uptimeMs)).toEqual([0, 5]);
  });

  it("has places for four such calls, and counts the others", () => {
    const { record, events, drops } = createRecorderBench();
    const argument = {
      toJSON() {
        for (let count = 0; count < 7; count++) record("inner %d", count);
        return 1;
      },
    };

    record("outer %s", argument);

    expect(events).toHaveLength(5);
    expect(drops).toEqual(["1 busy", "1 busy", "1 busy"]);
  });

  it("comes to an end where an argument logs itself", () => {
    const { record, events, drops, setup } = createRecorderBench();
    const argument = {
      toJSON() {
        record("again %s", argument);
        return 1;
      },
    };

    record("first %s", argument);

    expect([events.length, drops.length, setup.tally.logged]).toEqual([5, 1, 6]);
  });

  it("counts an event whose text alone is too large, and does not encode it", () => {
    const { record, events, drops } = createRecorderBench();

    record("%s", "x".repeat(40_000));

    expect(events).toEqual([]);
    expect(drops).toEqual(["1 too_large"]);
  });

  it("never throws, whatever the parts behind it do", () => {
    const { record, trouble, drops } = createRecorderBench();
    trouble.isAtHand = true;

    expect(() => record("x")).not.toThrow();
    expect(drops).toEqual(["1 too_large"]);
  });

  it("is ready for the next call after a failure", () => {
    const { record, trouble, events } = createRecorderBench();
    trouble.isAtHand = true;
    record("lost");

    trouble.isAtHand = false;
    record("kept");

    expect(events.map((event) => event.format)).toEqual(["kept"]);
  });

  it("shows each event to the mirror", () => {
    const seen: LogEvent[] = [];
    const { recorder } = createRecorderBench((event) => seen.push(event));

    recorder.record(2, "wifi", ["rssi %d", -71]);
    recorder.record(metricLevel, "Percent", ["humidity", 41.5]);

    expect(seen.map(({ site, values }) => ({ ...site, values }))).toEqual([
      { level: "warn", tag: "wifi", format: "rssi %d", values: [-71] },
      { level: "info", tag: "Percent", format: "humidity", isMetric: true, values: [41.5] },
    ]);
  });

  it("counts a call for which there is no room before its arguments are looked at", () => {
    const { record, limits, events, drops } = createRecorderBench();
    const argument = { toJSON: () => record("never") };
    limits[1] = 0;

    record("%s", argument);

    expect([events, drops]).toEqual([[], ["1 ring_full"]]);
  });

  it("counts what comes after the end as closed", () => {
    const { record, recorder, setup, events, drops } = createRecorderBench();

    recorder.stop();
    record("late");

    expect([events, drops]).toEqual([[], []]);
    expect(setup.tally).toMatchObject({ logged: 1, dropped: { closed: 1 } });
  });
});
