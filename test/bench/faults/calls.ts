import type { Level } from "../../../device/index.ts";

/** A log call of the bench's devices; what it says follows from its ordinal, so that a reader can check it. */
export interface Call {
  level: Level;
  format: string;
  /** The ordinal comes last. */
  values: (number | string)[];
}

const places = ["inlet", "outlet", "boiler room", "tank 4 below the roof"];

const longText = "the same words again and again ".repeat(12);

const isEvery = (ordinal: number, count: number): boolean => ordinal % count === count - 1;

/** The call with this ordinal within its boot, from 0. */
export const callOf = (ordinal: number): Call => {
  const place = places[ordinal % places.length] as string;
  const reading = ((ordinal * 7_919) % 10_000) / 100;
  if (isEvery(ordinal, 97)) {
    return { level: "fatal", format: "watchdog of %s, call %d", values: [place, ordinal] };
  }
  if (isEvery(ordinal, 29)) {
    return { level: "error", format: "overpressure %d bar, call %d", values: [reading, ordinal] };
  }
  if (isEvery(ordinal, 11)) {
    return { level: "warn", format: "%s: %s, call %d", values: [place, longText, ordinal] };
  }
  return isEvery(ordinal, 3)
    ? { level: "debug", format: "valve of %s moved, call %d", values: [place, ordinal] }
    : { level: "info", format: "temp %d of %s, call %d", values: [reading, place, ordinal] };
};
