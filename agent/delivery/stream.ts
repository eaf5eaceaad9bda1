import type { Boot } from "../../shared/frame.ts";
import { bootText } from "../../shared/frame.ts";
import { shardOf } from "../../shared/topic.ts";
import { AgentError } from "../errors.ts";
import { createRemembered } from "../remembered.ts";
import { baseLane } from "../spool/aside.ts";

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
}

export interface StreamTemplates {
  /** Name of the group, with `{fleet}`. */
  group: string;
  /** Name of the stream, with `{fleet} {device} {boot} {shard} {date}`. */
  stream: string;
  fleet: string;
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

/** Throws `TEMPLATE_INVALID` for words it does not know, and for names CloudWatch does not take. */
export const createStreams = (templates: StreamTemplates): Streams => {
  check("cloudwatch.group", templates.group, groupWords);
  check("cloudwatch.stream", templates.stream, streamWords);
  checkName(
    "cloudwatch.group",
    templates.group,
    /^(?!aws\/)[.\-_/#A-Za-z0-9]+$/,
    `a log group has 1 to ${nameLimit} of A-Z a-z 0-9 . - _ / # and does not start with aws/`,
  );
  checkName(
    "cloudwatch.stream",
    templates.stream,
    /^[^:*]+$/,
    `a log stream has 1 to ${nameLimit} characters, none of them : or *`,
  );
  const { fleet } = templates;
  const group = templates.group.replaceAll("{fleet}", fleet);
  const stream = templates.stream.replaceAll("{fleet}", fleet);
  const isByBoot = stream.includes("{boot}");
  const laneOfDevice = createRemembered(
    (device) =>
      `${group}:${stream
        .replaceAll("{device}", device)
        .replaceAll("{shard}", () => String(shardOf(device)))}`,
  );
  return {
    laneOf(device, boot) {
      const lane = laneOfDevice(device);
      return isByBoot ? lane.replaceAll("{boot}", bootText(boot)) : lane;
    },
    streamOf(name, epochMs) {
      const lane = baseLane(name);
      const colon = lane.indexOf(":");
      const date = new Date(epochMs).toISOString().slice(0, 10);
      return {
        group: lane.slice(0, colon),
        stream: lane.slice(colon + 1).replaceAll("{date}", date),
      };
    },
  };
};
