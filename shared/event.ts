/** Levels by their number on the wire, least severe first. */
export const levels = ["debug", "info", "warn", "error", "fatal"] as const;

/** Severity of an event; its number is its place on the wire. */
export type Level = (typeof levels)[number];

/** Place in the program that logs. `format` is printf text; the device never renders it. */
export interface Site {
  level: Level;
  /** Module of the program, `""` for none. */
  tag: string;
  format: string;
  /** The site measures instead: `format` is the metric's name, `tag` its unit, the value a number. */
  isMetric?: true;
}

/** An array or object argument, as its JSON text. */
export interface JsonText {
  json: string;
}

/** One argument of a log call, exact: numbers bit by bit, strings code unit by code unit. */
export type Value = null | boolean | number | string | Uint8Array | JsonText;

/** One log line as recorded. Its seq is its place in the boot: the frame's first seq plus its index. */
export interface LogEvent {
  kind: "event";
  /** Milliseconds since boot, never less than the entry's before it. */
  uptimeMs: number;
  site: Site;
  values: Value[];
}

/** Drop reasons by their number on the wire; new ones go last. */
export const dropReasons = [
  "ring_full",
  "outbox_full",
  "too_large",
  "busy",
  "rate_limited",
  "refused",
  "power_loss",
  "unreadable",
] as const;

/** Why events were given up, and by whom; the text appears in CloudWatch as `reason`. */
export type DropReason = (typeof dropReasons)[number];

/** Events that were lost before they had a seq, counted. */
export interface DropCount {
  level: Level;
  reason: DropReason;
  /** 1 to 2^53 - 1. */
  count: number;
}

/** A drop count takes a seq of its own, so that it is counted exactly once like any event. */
export interface DropEntry {
  kind: "drop";
  uptimeMs: number;
  drop: DropCount;
}

/** The last entry of a boot that ended in good order: nothing was in RAM after it. */
export interface EndEntry {
  kind: "end";
  uptimeMs: number;
}

/** What takes a seq. */
export type Entry = LogEvent | DropEntry | EndEntry;
