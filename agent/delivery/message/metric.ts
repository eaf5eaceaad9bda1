import type { LogEvent } from "../../../shared/event.ts";
import { render } from "../../../shared/render.ts";

/** Units that CloudWatch knows, as in its MetricDatum type. */
const units: ReadonlySet<string> = new Set([
  ...["Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "Count/Second", "None"],
  ...["Bits", "Kilobits", "Megabits", "Gigabits", "Terabits"].flatMap((unit) => [
    unit,
    `${unit}/Second`,
  ]),
  ...["Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes"].flatMap((unit) => [
    unit,
    `${unit}/Second`,
  ]),
]);

/** Largest magnitude of a metric's value. */
const valueLimit = 2 ** 360;

/** What every published limit allows, 255, less the prefix of a name that is taken. */
const nameLimitCharacters = 248;

/** A number with a name, as a device measured it. */
export interface Measurement {
  name: string;
  /** As the device gave it, empty for none. */
  unit: string;
  value: number;
}

const isMetricName = (name: string): boolean =>
  name.trim() !== "" && name.length <= nameLimitCharacters && /^[ -9;-~][ -~]*$/.test(name);

/** Distinct series that become metrics; CloudWatch bills each. */
export const seriesLimit = 1_000;

/** Which measurements become metrics. The others stay events. */
export interface MetricRule {
  /** The dimension of every series. */
  fleet: string;
  /** False where CloudWatch would not take it, or where its series would be one too many. */
  admits(measurement: Measurement): boolean;
}

export const createMetricRule = (fleet: string, limit: number = seriesLimit): MetricRule => {
  const names = new Set<string>();
  return {
    fleet,
    admits({ name, value }) {
      if (!isMetricName(name) || !(Math.abs(value) <= valueLimit)) return false;
      if (!names.has(name) && names.size >= limit) return false;
      names.add(name);
      return true;
    },
  };
};

/** The measurement an event is, null for any other event. */
export const measurementOf = ({ site, values }: LogEvent): Measurement | null => {
  const [value] = values;
  if (!site.isMetric || typeof value !== "number" || values.length !== 1) return null;
  return { name: site.format, unit: site.tag, value };
};

/** What people read. */
export const measurementText = ({ name, unit, value }: Measurement): string =>
  unit === "" ? render("%s %g", [name, value]) : render("%s %g %s", [name, value, unit]);

/** Members of the message that mean something else. */
const reserved = new Set([
  ...[
    "_aws",
    "fleet",
    "unit",
    "level",
    "message",
    "tag",
    "device",
    "boot",
    "seq",
    "format",
    "args",
  ],
  ...["data", "uptime", "clock", "errorMs", "trueTime", "event", "reason", "count", "of", "part"],
]);

/**
 * The members by which CloudWatch makes a metric of an event (embedded metric format): one metric,
 * with the fleet as its dimension. A unit CloudWatch lacks becomes `None` and is kept in `unit`.
 */
export const metricFields = (
  { name, unit, value }: Measurement,
  { fleet }: MetricRule,
  epochMs: number,
): Record<string, unknown> => {
  const member = reserved.has(name) ? `metric_${name}` : name;
  const metric = { Name: member, Unit: units.has(unit) ? unit : "None" };
  return {
    _aws: {
      Timestamp: epochMs,
      CloudWatchMetrics: [{ Namespace: "fleetlog", Dimensions: [["fleet"]], Metrics: [metric] }],
    },
    fleet,
    ...(unit === "" || units.has(unit) ? {} : { unit }),
    [member]: value,
  };
};
