import { render } from "../../shared/render.ts";

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

/** Distinct series that become metrics; CloudWatch bills each. */
export const seriesLimit = 1_000;

/** Largest magnitude of a metric's value. */
const valueLimit = 2 ** 360;

const nameLimitCharacters = 1_024;

/** Which series exist so far. Those beyond the limit stay events. */
export interface MetricSeries {
  /** Takes a name in; false where the limit does not allow it. */
  admit(name: string): boolean;
}

export const createMetricSeries = (limit: number = seriesLimit): MetricSeries => {
  const names = new Set<string>();
  return {
    admit(name) {
      if (!names.has(name) && names.size >= limit) return false;
      names.add(name);
      return true;
    },
  };
};

/** A number with a name, as a device measured it. */
export interface Measurement {
  name: string;
  /** As the device gave it, empty for none. */
  unit: string;
  value: number;
}

const isMetricName = (name: string): boolean =>
  name.trim() !== "" && name.length <= nameLimitCharacters && /^[ -9;-~][ -~]*$/.test(name);

/** Whether CloudWatch would take it as a metric. */
export const isMeasurable = ({ name, value }: Measurement): boolean =>
  isMetricName(name) && Math.abs(value) <= valueLimit;

/** What people read. */
export const measurementText = ({ name, unit, value }: Measurement): string =>
  unit === "" ? render("%s %g", [name, value]) : render("%s %g %s", [name, value, unit]);

export interface MetricContext {
  fleet: string;
  /** Epoch ms of the stamp. */
  epochMs: number;
  /** Names that mean something else in the message. */
  reserved: Record<string, unknown>;
}

/**
 * The members by which CloudWatch makes a metric of an event (embedded metric format): one metric,
 * with the fleet as its dimension. A unit CloudWatch lacks becomes `None` and is kept in `unit`.
 */
export const metricFields = (
  { name, unit, value }: Measurement,
  { fleet, epochMs, reserved }: MetricContext,
): Record<string, unknown> => {
  const isTaken = name in reserved || name === "fleet" || name === "unit" || name === "_aws";
  const member = isTaken ? `metric_${name}` : name;
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
