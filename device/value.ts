import type { JsonText, Value } from "../shared/event.ts";

const unreadable = "[unreadable]";

/** What was thrown: Espruino's own exceptions are no `Error` and have their name in `type`. */
interface Thrown {
  name?: string;
  type?: string;
  message: string;
  stack: string;
}

const valueOfObject = (argument: object): Value => {
  const thrown = argument as Thrown;
  if (argument instanceof Uint8Array) return new Uint8Array(argument);
  if (typeof thrown.stack === "string" && typeof thrown.message === "string") {
    return `${thrown.name || thrown.type || "Error"}: ${thrown.message}`;
  }
  const json: unknown = JSON.stringify(argument);
  return typeof json === "string" ? { json } : unreadable;
};

/**
 * A log call's argument as it travels: errors as `Name: message`, arrays and objects as their JSON,
 * what has no JSON (cycles, a `toJSON` that throws) as `[unreadable]`. Bytes are copied: a program
 * may use its buffer again. Never throws.
 */
export const toValue = (argument: unknown): Value => {
  const kind = typeof argument;
  if (kind === "number" || kind === "boolean" || kind === "string") return argument as Value;
  try {
    if (argument == null) return null;
    if (kind === "object") return valueOfObject(argument as object);
    return kind === "function" ? "[function]" : String(argument);
  } catch {
    return unreadable;
  }
};

/** How many bytes a value takes at least: as many as its text has characters. */
export const leastBytes = (value: Value): number =>
  value === null ? 1 : ((value as JsonText).json || (value as string)).length || 1;
