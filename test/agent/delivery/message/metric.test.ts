import { describe, expect, it } from "vitest";
import { measurementMessages } from "../../../../agent/delivery/message/message.ts";
import {
  createMetricRule,
  type Measurement,
  measurementOf,
  measurementText,
  metricFields,
} from "../../../../agent/delivery/message/metric.ts";
import type { LogEvent, Value } from "../../../../shared/event.ts";

const rule = createMetricRule("pumps");
const origin = { device: "pump-7", boot: { nonce: 1, number: 0 }, seq: 3, uptimeMs: 5 };
const stamp = { epochMs: 1_700_000_000_000, errorMs: 2, quality: "synced" } as const;
const temperature: Measurement = { name: "temperature", unit: "Celsius", value: 21.5 };

const metricEvent = (values: Value[]): LogEvent => ({
  kind: "event",
  uptimeMs: 0,
  site: { level: "info", tag: "Percent", format: "humidity", isMetric: true },
  values,
});

describe("measurement", () => {
  it("is what a metric site recorded: name, unit, number", () => {
    expect(measurementOf(metricEvent([41.5]))).toEqual({
      name: "humidity",
      unit: "Percent",
      value: 41.5,
    });
  });

  it.each([[["41"]], [[]], [[1, 2]], [[null]]])("is not made of the values %j", (values) => {
    expect(measurementOf(metricEvent(values))).toBeNull();
  });

  it("is not made of an event that only looks like one", () => {
    const site = { level: "info", tag: "Percent", format: "humidity" } as const;

    expect(measurementOf({ kind: "event", uptimeMs: 0, site, values: [41.5] })).toBeNull();
  });

  it("reads as name, number and unit", () => {
    expect(measurementText(temperature)).toBe("temperature 21.5 Celsius");
    expect(measurementText({ name: "starts", unit: "", value: 3 })).toBe("starts 3");
  });
});

describe("metric rule", () => {
  it.each([
    ["temperature", 21.5],
    ["a b/c", -0],
    ["x".repeat(248), 2 ** 360],
  ])("admits %s = %d", (name, value) => {
    expect(rule.admits({ name, unit: "", value })).toBe(true);
  });

  it.each([
    ["", 1],
    ["   ", 1],
    [":colon", 1],
    ["naïve", 1],
    ["x".repeat(249), 1],
    ["huge", 2 ** 361],
    ["infinite", Number.POSITIVE_INFINITY],
    ["not", Number.NaN],
  ])("refuses %s = %d, which is no metric for CloudWatch", (name, value) => {
    expect(rule.admits({ name, unit: "", value })).toBe(false);
  });

  it("admits a limited number of series, and those again and again", () => {
    const narrow = createMetricRule("pumps", 2);
    const admitted = ["a", "b", "c", "a", "d", "b"].map((name) =>
      narrow.admits({ name, unit: "", value: 1 }),
    );

    expect(admitted).toEqual([true, true, false, true, false, true]);
  });
});

describe("embedded metric format", () => {
  it("names the metric, its unit, and the fleet as its dimension", () => {
    const fields = metricFields({ name: "humidity", unit: "Percent", value: 41.5 }, rule, 1_000);

    expect(fields).toEqual({
      _aws: {
        Timestamp: 1_000,
        CloudWatchMetrics: [
          {
            Namespace: "fleetlog",
            Dimensions: [["fleet"]],
            Metrics: [{ Name: "humidity", Unit: "Percent" }],
          },
        ],
      },
      fleet: "pumps",
      humidity: 41.5,
    });
  });

  it("sends a unit that CloudWatch lacks as None and keeps it in a field", () => {
    const fields = metricFields(temperature, rule, 1_000);

    expect(fields).toMatchObject({
      _aws: { CloudWatchMetrics: [{ Metrics: [{ Name: "temperature", Unit: "None" }] }] },
      unit: "Celsius",
      temperature: 21.5,
    });
  });

  it.each(["device", "seq", "fleet", "unit", "_aws", "message"])(
    "renames a metric called %s, which means something else",
    (name) => {
      const [message = ""] = measurementMessages({ name, unit: "", value: 7 }, origin, stamp, {
        form: "json",
        rule,
      });
      const parsed = JSON.parse(message);

      expect(parsed[`metric_${name}`]).toBe(7);
      expect(parsed).toMatchObject({ device: "pump-7", seq: 3, fleet: "pumps" });
    },
  );

  it.each(["json", "text"] as const)("is JSON in the form %s, with its origin", (form) => {
    const [message = ""] = measurementMessages(temperature, origin, stamp, { form, rule });

    expect(JSON.parse(message)).toMatchObject({
      _aws: { Timestamp: stamp.epochMs },
      temperature: 21.5,
      message: "temperature 21.5 Celsius",
      device: "pump-7",
      boot: "0-00000001",
      seq: 3,
    });
  });

  it("is not used for what the rule refused: that stays a plain event", () => {
    const [json = ""] = measurementMessages(temperature, origin, stamp, {
      form: "json",
      rule: null,
    });
    const [text] = measurementMessages(temperature, origin, stamp, { form: "text", rule: null });

    expect(JSON.parse(json)).not.toHaveProperty("_aws");
    expect(JSON.parse(json)).toMatchObject({ args: ["temperature", 21.5, "Celsius"] });
    expect(text).toMatch(/^INFO \[metric\] temperature 21.5 Celsius device=pump-7/);
  });
});
