import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { measurementMessages } from "../../../../agent/delivery/message/message.ts";
import { createMetricRule, type Measurement } from "../../../../agent/delivery/message/metric.ts";

const origin = { device: "pump-7", boot: { nonce: 1, number: 0 }, seq: 3, uptimeMs: 5 };
const stamp = { epochMs: 1_700_000_000_000, errorMs: 2, quality: "synced" } as const;

/** Units of the published schema. */
const unit =
  /^(Seconds|Microseconds|Milliseconds|(Bytes|Kilobytes|Megabytes|Gigabytes|Terabytes|Bits|Kilobits|Megabits|Gigabits|Terabits|Count)(\/Second)?|Percent|None)$/;

const anyMeasurement: fc.Arbitrary<Measurement> = fc.record({
  name: fc.oneof(
    fc.stringMatching(/^[a-zA-Z][ -~]{0,60}$/),
    fc.constantFrom("_aws", "fleet", "unit", "device", "seq", "constructor", "__proto__"),
  ),
  unit: fc.oneof(
    fc.constantFrom("Percent", "Celsius", "", "Bytes/Second"),
    fc.string({ unit: "binary", maxLength: 20 }),
  ),
  value: fc.double({ noNaN: true, noDefaultInfinity: true, max: 1e100, min: -1e100 }),
});

const isText = (value: unknown, most: number): boolean =>
  typeof value === "string" && value.length >= 1 && value.length <= most;

/** What of the published schema of the embedded metric format a message breaks. */
const violations = (message: string): string[] => {
  const root = JSON.parse(message);
  const found: string[] = [];
  const demand = (isMet: boolean, rule: string): void => {
    if (!isMet) found.push(rule);
  };
  demand(Number.isInteger(root._aws?.Timestamp), "_aws.Timestamp is an integer");
  demand(Array.isArray(root._aws?.CloudWatchMetrics), "_aws.CloudWatchMetrics is an array");
  for (const directive of root._aws.CloudWatchMetrics) {
    demand(isText(directive.Namespace, 1_024), "Namespace is text");
    demand(directive.Dimensions.length >= 1, "there is a set of dimensions");
    for (const name of directive.Dimensions.flat()) {
      demand(isText(name, 250), "a dimension's name is text");
      demand(isText(root[name], 1_024), "a dimension's value is text at the root");
    }
    for (const metric of directive.Metrics) {
      demand(isText(metric.Name, 255), "a metric's name is text");
      demand(unit.test(metric.Unit), "a unit is one of CloudWatch's");
      demand(Object.hasOwn(root, metric.Name), "a metric's value stands at the root");
      demand(typeof root[metric.Name] === "number", "a metric's value is a number");
    }
  }
  return found;
};

describe("embedded metric format", () => {
  it("keeps to its published schema, whatever is measured", () => {
    fc.assert(
      fc.property(anyMeasurement, (measurement) => {
        const rule = createMetricRule("pumps");
        fc.pre(rule.admits(measurement));

        const [message = ""] = measurementMessages(measurement, origin, stamp, {
          form: "json",
          rule,
        });

        expect(violations(message)).toEqual([]);
        expect(JSON.parse(message)).toMatchObject({ device: "pump-7", seq: 3, fleet: "pumps" });
      }),
      { numRuns: 1_000 },
    );
  });
});
