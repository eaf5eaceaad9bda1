import type { Value } from "../shared/event.ts";

const unreadable = "[unreadable]";

/** A built-in exception of Espruino is no Error and has its name in `type`. */
interface Thrown {
  name?: unknown;
  type?: unknown;
  message: unknown;
}

const isThrown = (argument: object): boolean =>
  argument instanceof Error ||
  (typeof (argument as Thrown).message === "string" &&
    typeof (argument as Thrown).type === "string" &&
    typeof (argument as { stack?: unknown }).stack === "string");

const textOfThrown = (thrown: Thrown): string =>
  `${thrown.name || thrown.type || "Error"}: ${thrown.message}`;

const valueOfObject = (argument: object): Value => {
  if (argument instanceof Uint8Array) return argument;
  if (isThrown(argument)) return textOfThrown(argument as unknown as Thrown);
  const json: unknown = JSON.stringify(argument);
  return typeof json === "string" ? { json } : unreadable;
};

/**
 * A log call's argument as it travels: errors as `Name: message`, arrays and objects as their JSON,
 * what has no JSON (cycles, a `toJSON` that throws) as `[unreadable]`. Never throws.
 */
export const toValue = (argument: unknown): Value => {
  if (argument === null || argument === undefined) return null;
  if (typeof argument === "number" || typeof argument === "boolean") return argument;
  if (typeof argument === "string") return argument;
  try {
    if (typeof argument === "object") return valueOfObject(argument as object);
    return typeof argument === "function" ? "[function]" : String(argument);
  } catch {
    return unreadable;
  }
};

/** Roughly how many bytes values take at least: 1 for each, and what text and bytes hold. */
export const leastBytes = (values: Value[]): number => {
  let bytes = values.length;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as Value;
    if (typeof value === "string" || value instanceof Uint8Array) bytes += value.length;
    else if (value !== null && typeof value === "object") bytes += value.json.length;
  }
  return bytes;
};
