import { metricLevel } from "../shared/codec/header.ts";
import type { Logger } from "./logger.ts";
import type { Recorder } from "./recorder.ts";

/** Gives a logger its `metric`. */
export const addMetric = (logger: Logger, record: Recorder["record"]): void => {
  logger.metric = (name, value, unit) => {
    record(metricLevel, String(unit || ""), [String(name), value]);
  };
};
