import type { DropCount, JsonText, Level, LogEvent, Value } from "../../shared/event.ts";
import { type Boot, bootText } from "../../shared/frame.ts";
import { countDirectives, render, textOf } from "../../shared/render.ts";
import type { IntentStamp } from "../spool/spool.ts";

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
const unstatedErrorMs = 1_000;

type Fields = Record<string, unknown>;

const parseJson = ({ json }: JsonText): unknown => {
  try {
    return JSON.parse(json);
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

const clockFields = (origin: Origin, stamp: IntentStamp): Fields => ({
  ...(stamp.quality === "synced" ? {} : { uptime: origin.uptimeMs, clock: stamp.quality }),
  ...(stamp.errorMs !== null && stamp.errorMs > unstatedErrorMs ? { errorMs: stamp.errorMs } : {}),
  ...(stamp.trueMs === undefined ? {} : { trueTime: stamp.trueMs }),
});

const originFields = ({ device, boot, seq }: Origin): Fields => ({
  device,
  boot: bootText(boot),
  seq,
});

/** The message of a logged event. */
export const eventMessage = (
  event: LogEvent,
  origin: Origin,
  stamp: IntentStamp,
  form: MessageForm,
): string => {
  const { values, data } = splitData(event);
  const { level, tag, format } = event.site;
  const message = render(format, values);
  if (form === "text")
    return textLine(
      level,
      tag,
      data === undefined ? message : `${message} ${JSON.stringify(data)}`,
    );
  return JSON.stringify({
    level,
    message,
    ...(tag === "" ? {} : { tag }),
    ...originFields(origin),
    ...(values.length === 0 ? {} : { format, args: values.map(fieldOf) }),
    ...(data === undefined ? {} : { data }),
    ...clockFields(origin, stamp),
  });
};

/** What the agent itself has to say about a device's events. */
export interface Notice {
  level: Level;
  event: "dropped" | "boot_closed" | "dead_letter";
  reason: string;
  /** Events it is about; absent where nobody can know. */
  count?: number;
  /** Level of the events it is about. */
  of?: Level;
}

export const noticeOfDrop = (drop: DropCount): Notice => ({
  level: "warn",
  event: "dropped",
  reason: drop.reason,
  count: drop.count,
  of: drop.level,
});

export const noticeMessage = (
  notice: Notice,
  origin: Origin,
  stamp: IntentStamp,
  form: MessageForm,
): string => {
  const { level, ...what } = notice;
  if (form === "text") {
    const count = notice.count === undefined ? "" : ` ${notice.count}`;
    return textLine(level, "fleetlog", `${notice.event}${count}: ${notice.reason}`);
  }
  return JSON.stringify({ level, ...what, ...originFields(origin), ...clockFields(origin, stamp) });
};

const textLine = (level: Level, tag: string, text: string): string =>
  `${level.toUpperCase()} ${tag === "" ? "" : `[${tag}] `}${text}`;
