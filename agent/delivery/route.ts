import { type Level, levels, type Site } from "../../shared/event.ts";
import type { CloudWatchSettings, RouteSettings } from "../settings.ts";

/** A rule that gives events of some devices, tags or levels a group and stream of their own. */
export interface Route extends RouteSettings {
  /** Whether events of the device may follow the rule. */
  isForDevice(device: string): boolean;
  /** It asks for the device alone: all events of such a device follow it, unless an earlier rule fits. */
  isWhole: boolean;
  /** Whether an event of such a device does. */
  isForSite(site: Site): boolean;
}

/** `*` stands for any characters. */
const globOf = (pattern: string): RegExp =>
  new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`);

const rankOf = (level: Level): number => levels.indexOf(level);

export const createRoute = (settings: RouteSettings): Route => {
  const { device, tag, level } = settings;
  const devices = device === undefined ? null : globOf(device);
  const tags = tag === undefined ? null : globOf(tag);
  const least = level === undefined ? 0 : rankOf(level);
  return {
    ...settings,
    isWhole: tag === undefined && level === undefined,
    isForDevice: (id) => devices === null || devices.test(id),
    isForSite: (site) =>
      (tags === null || (site.isMetric !== true && tags.test(site.tag))) &&
      rankOf(site.level) >= least,
  };
};

/** How a group is made. Groups that are there are left alone. */
export type GroupSettings = Pick<
  CloudWatchSettings,
  "retentionDays" | "tags" | "class" | "kmsKeyId"
>;

/** Groups of the class INFREQUENT_ACCESS make no metrics of events: metrics go to one beside it. */
export const metricsGroupOf = (group: string): string => `${group}/metrics`;
