import type { LogMethods } from "../logger.ts";

export interface ConsoleOptions {
  /** Shows everything where it went before as well. */
  isShown?: boolean;
}

/** What is replaced, and the level it logs at. */
const methods = {
  debug: "debug",
  log: "info",
  info: "info",
  warn: "warn",
  error: "error",
} as const;

type Method = keyof typeof methods;

type Shown = Pick<Console, Method>;

/**
 * Has a console log: `console.log("temp %d", 21)` becomes `log.info("temp %d", 21)`, and so with
 * `debug`, `info`, `warn` and `error`. What is said while a call is at work, by an argument's `toJSON`
 * for instance, goes where it went before. Answers how to put everything back.
 */
export const captureConsole = (
  log: LogMethods,
  options: ConsoleOptions = {},
  target: Shown = console,
): (() => void) => {
  const before: Partial<Shown> = {};
  let isAtWork = false;

  for (const method of Object.keys(methods) as Method[]) {
    const original = target[method];
    const level = methods[method];
    before[method] = original;
    target[method] = (...values: unknown[]) => {
      if (isAtWork) {
        original.apply(target, values);
        return;
      }
      isAtWork = true;
      try {
        log[level].apply(log, values as [unknown]);
        if (options.isShown) original.apply(target, values);
      } finally {
        isAtWork = false;
      }
    };
  }
  return () => {
    Object.assign(target, before);
  };
};
