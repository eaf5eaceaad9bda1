import { describe, expect, it } from "vitest";
import type { Delivery } from "../../device/delivery.ts";
import { createRecorder, type Mirror } from "../../device/recorder.ts";
import type { LogEvent } from "../../shared/index.ts";
import { createDeviceParts } from "../support/device-parts.ts";

const createRecorderBench = (mirror?: Mirror) => {
  const { clock, setup } = createDeviceParts();
  const events: LogEvent[] = [];
  const drops: string[] = [];
  const delivery: Delivery = {
    add: (event) => events.push(event),
    drop: (level, reason) => drops.push(`${level} ${reason}`),
    flush: () => {},
    bytes: () => 0,
    close: () => {},
  };
  const recorder = createRecorder(setup, delivery, mirror);
  const record = (...args: unknown[]): void => recorder.record("info", "", args);
  return { clock, setup, recorder, record, events, drops, delivery };
};

describe("recorder", () => {
  it("makes an event of a call: stamp, site, values", () => {
    const { clock, recorder, events } = createRecorderBench();
    clock.advance(1_234);

    recorder.record("warn", "wifi", ["rssi %d of %s", -71, { ap: 1 }]);

    expect(events).toEqual([
      {
        kind: "event",
        uptimeMs: 1_234,
        site: { level: "warn", tag: "wifi", format: "rssi %d of %s" },
        values: [-71, { json: '{"ap":1}' }],
      },
    ]);
  });

  it("marks a measurement, with its unit in place of the tag", () => {
    const { recorder, events } = createRecorderBench();

    recorder.record("info", "Percent", ["humidity", 41.5], true);

    expect(events).toEqual([
      {
        kind: "event",
        uptimeMs: 0,
        site: { level: "info", tag: "Percent", format: "humidity", isMetric: true },
        values: [41.5],
      },
    ]);
  });

  it("shows the first argument where it is no text", () => {
    const { record, events } = createRecorderBench();

    record(new TypeError("bad"), 2);
    record();

    expect(events.map((event) => [event.site.format, event.values])).toEqual([
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

    expect(events.map((event) => event.site.format)).toEqual(["outer %s", "inner"]);
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
    expect(drops).toEqual(["info busy", "info busy", "info busy"]);
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
    expect(drops).toEqual(["info too_large"]);
  });

  it("never throws, whatever the parts behind it do", () => {
    const { record, delivery, drops } = createRecorderBench();
    delivery.add = () => {
      throw new RangeError("out of memory");
    };

    expect(() => record("x")).not.toThrow();
    expect(drops).toEqual(["info too_large"]);
  });

  it("is ready for the next call after a failure", () => {
    const { record, delivery, events } = createRecorderBench();
    const add = delivery.add;
    delivery.add = () => {
      throw new RangeError("out of memory");
    };
    record("lost");

    delivery.add = add;
    record("kept");

    expect(events.map((event) => event.site.format)).toEqual(["kept"]);
  });

  it("shows each event to the mirror", () => {
    const seen: string[] = [];
    const { record } = createRecorderBench((event) => seen.push(event.site.format));

    record("one");
    record("two");

    expect(seen).toEqual(["one", "two"]);
  });

  it("counts what comes after the end as closed", () => {
    const { record, recorder, setup, events, drops } = createRecorderBench();

    recorder.stop();
    record("late");

    expect([events, drops]).toEqual([[], []]);
    expect(setup.tally).toMatchObject({ logged: 1, dropped: { closed: 1 } });
  });
});
