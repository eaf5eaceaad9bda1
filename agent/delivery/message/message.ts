import { countDirectives } from "../../../shared/directive.ts";
import type { DropCount, JsonText, Level, LogEvent, Value } from "../../../shared/event.ts";
import { type Boot, bootText } from "../../../shared/frame.ts";
import { render } from "../../../shared/render.ts";
import { textOf } from "../../../shared/value-text.ts";
import type { IntentStamp } from "../../spool/intent.ts";
import { type Measurement, type MetricRule, measurementText, metricFields } from "./metric.ts";
import { partsOf } from "./parts.ts";

/** `json`: an object with the event's parts as fields. `text`: a line for people. */
export type MessageForm = "json" | "text";

/** Where an event came from: enough for a reader to deduplicate. */
export interface Origin {
  device: string;
  boot: Boot;
  seq: number;
  uptimeMs: number | null;
}

/** A synced stamp is within this of the true time, unless its message has `errorMs`. */
export const unstatedErrorMs = 1_000;

type Fields = Record<string, unknown>;

/** The value of JSON text; the text itself where it is none, or nests too deep to be written again. */
const parseJson = ({ json }: JsonText): unknown => {
  try {
    const value: unknown = JSON.parse(json);
    JSON.stringify(value);
    return value;
  } catch {
    return json;
  }
};

const fieldOf = (value: Value): unknown => {
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (value === null || typeof value !== "object") return value;
  return value instanceof Uint8Array ? textOf(value) : parseJson(value);
};

const isObjectText = (value: Value | undefined): value is JsonText =>
  typeof value === "object" && value !== null && "json" in value && value.json.startsWith("{");

/** The values a format renders, and an object at their end that it does not ask for. */
const splitData = ({ site, values }: LogEvent): { values: Value[]; data?: unknown } => {
  const last = values.at(-1);
  const isData = isObjectText(last) && countDirectives(site.format) < values.length;
  return isData ? { values: values.slice(0, -1), data: parseJson(last) } : { values };
};

/** Whether a message says nothing of its clock. */
export const isClockUnstated = ({ quality, errorMs, trueMs }: IntentStamp): boolean =>
  quality === "synced" && (errorMs === null || errorMs <= unstatedErrorMs) && trueMs === undefined;

/** How an event was stamped, where that is worth telling. */
export const clockFields = (origin: Origin, stamp: IntentStamp): Fields => ({
  ...(stamp.quality === "synced" ? {} : { uptime: origin.uptimeMs, clock: stamp.quality }),
  ...(stamp.errorMs !== null && stamp.errorMs > unstatedErrorMs ? { errorMs: stamp.errorMs } : {}),
  ...(stamp.trueMs === undefined ? {} : { trueTime: stamp.trueMs }),
});

const originFields = ({ device, boot, seq }: Origin): Fields => ({
  device,
  boot: bootText(boot),
  seq,
});

/** The messages of a logged event: one, or the parts of one that is longer than CloudWatch takes. */
export const eventMessages = (
  event: LogEvent,
  origin: Origin,
  stamp: IntentStamp,
  form: MessageForm,
): string[] => {
  const { values, data } = splitData(event);
  const { level, tag, format } = event.site;
  const message = render(format, values);
  if (form === "text") {
    const text = data === undefined ? message : `${message} ${JSON.stringify(data)}`;
    return textLines({ level, tag, text }, origin, stamp);
  }
  const whole = JSON.stringify({
    level,
    message,
    ...(tag === "" ? {} : { tag }),
    ...originFields(origin),
    ...(values.length === 0 ? {} : { format, args: values.map(fieldOf) }),
    ...(data === undefined ? {} : { data }),
    ...clockFields(origin, stamp),
  });
  return partsOf(whole, {
    text: whole,
    writing: "json",
    wrap: (json, part) =>
      JSON.stringify({ level, ...originFields(origin), ...clockFields(origin, stamp), part, json }),
  });
};

/**
 * The message of a measurement. One that is to become a metric is JSON in either form, for that is
 * how CloudWatch knows it; no other message of ours has `_aws` outermost.
 */
export const measurementMessages = (
  measurement: Measurement,
  origin: Origin,
  stamp: IntentStamp,
  { form, rule }: { form: MessageForm; rule: MetricRule | null },
): string[] => {
  const level = "info";
  const message = measurementText(measurement);
  if (rule === null && form === "text") {
    return textLines({ level, tag: "metric", text: message }, origin, stamp);
  }
  const { name, unit, value } = measurement;
  const whole = JSON.stringify({
    ...(rule === null
      ? { tag: "metric", args: [name, fieldOf(value), unit] }
      : metricFields(measurement, rule, stamp.epochMs)),
    level,
    message,
    ...originFields(origin),
    ...clockFields(origin, stamp),
  });
  return partsOf(whole, {
    text: whole,
    writing: "json",
    wrap: (json, part) => JSON.stringify({ level, ...originFields(origin), part, json }),
  });
};

/** What the agent itself has to say about a device's events. */
export interface Notice {
  level: Level;
  event: "dropped" | "boot_closed" | "dead_letter" | "possibly_duplicated";
  reason: string;
  /** Events it is about; absent where nobody can know. */
  count?: number;
  /** There may have been fewer. */
  atMost?: true;
  /** Boots it is about, the last of them the one it names; absent for one. */
  boots?: number;
  /** Level of the events it is about. */
  of?: Level;
  /** More of the reason, for people. */
  detail?: string;
}

/** Seqs that may have been used and are not held: of which level, nobody knows. */
export const noticeOfPowerLoss = (count: number): Notice => ({
  level: "warn",
  event: "dropped",
  reason: "power_loss",
  count,
  atMost: true,
});

export const noticeOfDrop = ({ count, level, reason }: DropCount): Notice =>
  reason === "power_loss"
    ? noticeOfPowerLoss(count)
    : { level: "warn", event: "dropped", reason, count, of: level };

/** Events that are sent although they may be there: nobody could see that, or who could is gone. */
export const noticeOfRepeat = (
  count: number,
  reason: "unknown_outcome" | "store_repaired",
): Notice => ({
  level: "warn",
  event: "possibly_duplicated",
  reason,
  count,
});

export const noticeMessages = (
  notice: Notice,
  origin: Origin,
  stamp: IntentStamp,
  form: MessageForm,
): string[] => {
  const { level, ...what } = notice;
  if (form === "text") {
    const count = notice.count === undefined ? "" : ` ${notice.count}`;
    const most = notice.atMost ? " at most" : "";
    const boots = notice.boots === undefined ? "" : ` of ${notice.boots} boots`;
    const detail = notice.detail === undefined ? "" : ` (${notice.detail})`;
    const text = `${notice.event}${count}${most}${boots}: ${notice.reason}${detail}`;
    return textLines({ level, tag: "fleetlog", text }, origin, stamp);
  }
  return [
    JSON.stringify({ level, ...what, ...originFields(origin), ...clockFields(origin, stamp) }),
  ];
};

/** Surrogates that are no pair have no UTF-8: they are written as `\ud83d`. */
const wellFormed = (text: string): string =>
  text.replace(/\p{Surrogate}/gu, (lone) => `\\u${lone.charCodeAt(0).toString(16)}`);

const textLines = (
  { level, tag, text }: { level: Level; tag: string; text: string },
  origin: Origin,
  stamp: IntentStamp,
): string[] => {
  const start = level.toUpperCase();
  const fields = { ...originFields(origin), ...clockFields(origin, stamp) };
  const end = Object.entries(fields)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => ` ${name}=${value}`)
    .join("");
  const body = wellFormed(`${tag === "" ? "" : `[${tag}] `}${text}`);
  return partsOf(`${start} ${body}${end}`, {
    text: body,
    writing: "text",
    wrap: (piece, part) => `${start} ${piece}${end} part=${part}`,
  });
};
