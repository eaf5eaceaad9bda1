import type { Site } from "../../shared/event.ts";
import type { Boot } from "../../shared/frame.ts";
import { bootText } from "../../shared/frame.ts";
import { shardOf } from "../../shared/topic.ts";
import { AgentError } from "../errors.ts";
import { createRemembered } from "../remembered.ts";
import type { RouteSettings } from "../settings.ts";
import { baseLane } from "../spool/aside.ts";
import { createRoute, type GroupSettings, metricsGroupOf, type Route } from "./route.ts";

/** A log stream of CloudWatch. */
export interface LogStream {
  group: string;
  stream: string;
}

/** Which log stream an event belongs to. */
export interface Streams {
  /** The queue for events of this boot: their stream, but for the date. */
  laneOf(device: string, boot: Boot): string;
  /** The stream for a lane's events stamped within the day of `epochMs` (UTC). */
  streamOf(lane: string, epochMs: number): LogStream;
  /**
   * Where an event goes that a rule sends elsewhere than to its lane's stream; null for all others. What
   * is told about a device's events never leaves the lane.
   */
  elsewhere(from: { device: string; boot: Boot }, site: Site, epochMs: number): LogStream | null;
  /** Whether any event of the device may go elsewhere. */
  mayLeave(device: string): boolean;
  /** How a group of ours is made. */
  groupSettingsOf(group: string): GroupSettings;
}

export interface StreamTemplates {
  /** Name of the group, with `{fleet}`. */
  group: string;
  /** Name of the stream, with `{fleet} {device} {boot} {shard} {date}`. */
  stream: string;
  fleet: string;
  /** Of several that fit an event the first counts. */
  routes?: readonly RouteSettings[];
  /** How groups are made, where a rule says nothing else. */
  groups?: GroupSettings;
}

const groupWords = ["fleet"];
const streamWords = ["fleet", "device", "boot", "shard", "date"];

/** Words in braces that a template may not use. */
const unknownWords = (template: string, known: readonly string[]): string[] =>
  [...template.matchAll(/\{([^}]*)\}/g)]
    .map((match) => match[1] ?? "")
    .filter((word) => !known.includes(word));

const check = (key: string, template: string, known: readonly string[]): void => {
  const [word] = unknownWords(template, known);
  if (word === undefined) return;
  const choice = known.map((name) => `{${name}}`).join(" ");
  throw new AgentError(
    "TEMPLATE_INVALID",
    `Cannot use ${key} "${template}": {${word}} is not known, use ${choice}`,
  );
};

/** A word in braces becomes this many characters at most. */
const wordLimits: Record<string, number> = { fleet: 64, device: 64, boot: 25, shard: 2, date: 10 };

const nameLimit = 512;

/** Names CloudWatch refuses would make dead letters of all events, so they are refused here. */
const checkName = (key: string, template: string, pattern: RegExp, rule: string): void => {
  const longest = template.replace(/\{([^}]*)\}/g, (_, word) => "x".repeat(wordLimits[word] ?? 0));
  if (pattern.test(longest) && longest.length <= nameLimit) return;
  throw new AgentError("TEMPLATE_INVALID", `Cannot use ${key} "${template}": ${rule}`);
};

const checkTemplates = ({ group, stream }: Pick<StreamTemplates, "group" | "stream">): void => {
  check("cloudwatch.group", group, groupWords);
  check("cloudwatch.stream", stream, streamWords);
  checkName(
    "cloudwatch.group",
    group,
    /^(?!aws\/)[.\-_/#A-Za-z0-9]+$/,
    `a log group has 1 to ${nameLimit} of A-Z a-z 0-9 . - _ / # and does not start with aws/`,
  );
  checkName(
    "cloudwatch.stream",
    stream,
    /^[^:*]+$/,
    `a log stream has 1 to ${nameLimit} characters, none of them : or *`,
  );
};

const dateOf = (epochMs: number): string => new Date(epochMs).toISOString().slice(0, 10);

const defaultGroups: GroupSettings = { retentionDays: 30, tags: {}, class: "STANDARD" };

/** Rules that may send events of a device elsewhere, and the one that all its others follow, if any. */
interface RoutesOfDevice {
  some: readonly Route[];
  whole: Route | undefined;
}

const routesOf = (routes: readonly Route[], device: string): RoutesOfDevice => {
  const fitting = routes.filter((route) => route.isForDevice(device));
  const end = fitting.findIndex(({ isWhole }) => isWhole);
  return end < 0
    ? { some: fitting, whole: undefined }
    : { some: fitting.slice(0, end), whole: fitting[end] };
};

/** Throws `TEMPLATE_INVALID` for words it does not know, and for names CloudWatch does not take. */
export const createStreams = (templates: StreamTemplates): Streams => {
  const { fleet, groups = defaultGroups } = templates;
  checkTemplates(templates);
  const routes = (templates.routes ?? []).map(createRoute);
  for (const { group, stream = templates.stream } of routes) checkTemplates({ group, stream });

  const groupOf = (template: string): string => template.replaceAll("{fleet}", fleet);
  const nameOfDevice = (template: string, device: string): string =>
    template
      .replaceAll("{fleet}", fleet)
      .replaceAll("{device}", device)
      .replaceAll("{shard}", () => String(shardOf(device)));
  const streamName = (template: string, device: string, boot: Boot): string =>
    nameOfDevice(template, device).replaceAll("{boot}", bootText(boot));
  const homeOf = (device: string): Pick<StreamTemplates, "group" | "stream"> => {
    if (routes.length === 0) return templates;
    const { whole } = routesOf(routes, device);
    const { group = templates.group, stream = templates.stream } = whole ?? {};
    return { group, stream };
  };
  const classOf = (group: string): GroupSettings["class"] =>
    routes.find((route) => groupOf(route.group) === group)?.class ?? groups.class;
  const isByBoot = [templates, ...routes].some(({ stream }) => stream?.includes("{boot}"));
  const laneOfDevice = createRemembered((device) => {
    const { group, stream } = homeOf(device);
    return `${groupOf(group)}:${nameOfDevice(stream, device)}`;
  });
  const isForMetrics = (group: string): boolean => classOf(group) === "STANDARD";
  const hasRareAccess = [groups, ...routes].some((each) => each.class === "INFREQUENT_ACCESS");
  return {
    laneOf(device, boot) {
      const lane = laneOfDevice(device);
      return isByBoot ? lane.replaceAll("{boot}", bootText(boot)) : lane;
    },
    streamOf(name, epochMs) {
      const lane = baseLane(name);
      const colon = lane.indexOf(":");
      const named = { group: lane.slice(0, colon), stream: lane.slice(colon + 1) };
      if (!named.stream.includes("{date}")) return named;
      return { ...named, stream: named.stream.replaceAll("{date}", dateOf(epochMs)) };
    },
    elsewhere({ device, boot }, site, epochMs) {
      const { some, whole } = routesOf(routes, device);
      const route = some.find((each) => each.isForSite(site));
      const template = route ?? whole ?? templates;
      const group = groupOf(template.group);
      const isMoved = site.isMetric === true && !isForMetrics(group);
      if (route === undefined && !isMoved) return null;
      const stream = streamName(template.stream ?? templates.stream, device, boot);
      return {
        group: isMoved ? metricsGroupOf(group) : group,
        stream: stream.replaceAll("{date}", dateOf(epochMs)),
      };
    },
    mayLeave: (device) =>
      hasRareAccess || (routes.length > 0 && routesOf(routes, device).some.length > 0),
    groupSettingsOf(group) {
      const route = routes.find((each) =>
        [groupOf(each.group), metricsGroupOf(groupOf(each.group))].includes(group),
      );
      const isOfMetrics = group === metricsGroupOf(groupOf(route?.group ?? templates.group));
      const { retentionDays = groups.retentionDays } = route ?? {};
      const named = route?.class ?? groups.class;
      return { ...groups, retentionDays, class: isOfMetrics ? "STANDARD" : named };
    },
  };
};
