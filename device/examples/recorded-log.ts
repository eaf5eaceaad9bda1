import type { Level } from "../index.ts";
import type { ProgramLog } from "./program.ts";

/** One log call, as the plain record beside the logger has it. */
export interface RecordedCall {
  epochMs: number;
  level: Level;
  tag: string;
  /** With the place for the ordinal, as the logger gets it. */
  format: string;
  /** The last one is the ordinal. */
  values: unknown[];
  /** Number of the call within this process, from 0. */
  ordinal: number;
}

const levels: readonly Level[] = ["debug", "info", "warn", "error", "fatal"];

type Methods = { [level in Level]: (format: unknown, ...values: unknown[]) => void };

/**
 * A log that hands each call to `write` before it reaches `log`. Each call gets one value more, a
 * number of its own, by which a checker finds the delivered event.
 */
export const recordedLog = (log: ProgramLog, write: (call: RecordedCall) => void): ProgramLog => {
  let nextOrdinal = 0;

  const methodsOf = (target: Methods, tag: string): Methods => {
    const methods = {} as Methods;
    for (const level of levels) {
      methods[level] = (given, ...rest) => {
        const ordinal = nextOrdinal++;
        const format = `${given} #%d`;
        const values = [...rest, ordinal];
        write({ epochMs: Date.now(), level, tag, format, values: values.map(plain), ordinal });
        target[level](format, ...values);
      };
    }
    return methods;
  };
  return { ...methodsOf(log, ""), tag: (name) => methodsOf(log.tag(name), name) };
};

/** Errors and bytes have no JSON worth reading. */
const plain = (value: unknown): unknown => {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value;
};
