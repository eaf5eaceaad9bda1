import type { LogMethods } from "../logger.ts";

/** What is needed of a logger as the process ends. */
export interface ExitLogger extends Pick<LogMethods, "fatal"> {
  flush(): void;
  close(limitMs?: number): Promise<boolean>;
}

export interface ExitOptions {
  /** How long the last events may take to arrive; 2,000 ms. */
  limitMs?: number;
  /** Signals that end the process. */
  signals?: readonly NodeJS.Signals[];
}

const defaultLimitMs = 2_000;
const defaultSignals = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

/** Of a stack, characters. As `trace`: an object with a `stack` is taken for an error. */
const stackLimit = 4_096;

const traceOf = (thrown: unknown): { trace: string } | undefined =>
  thrown instanceof Error && typeof thrown.stack === "string"
    ? { trace: thrown.stack.slice(0, stackLimit) }
    : undefined;

/**
 * Logs an exception or a rejection that nobody caught as one fatal event, and sends what waits before
 * that, or a signal, ends the process. It then ends as it would have: the same report, exit code and
 * signal. Where the application listens to a signal, or to `uncaughtException`, itself, the end stays
 * its own: what waits is sent as soon as the link allows. Answers how to stop it.
 */
export const captureExit = (log: ExitLogger, options: ExitOptions = {}): (() => void) => {
  const signals = options.signals ?? defaultSignals;
  let isEnding = false;

  const isAlone = (event: string): boolean => process.listenerCount(event) === 1;
  const endBy = (end: () => void): void => {
    isEnding = true;
    void log.close(options.limitMs ?? defaultLimitMs).then(() => {
      release();
      end();
    });
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    if (isEnding) return;
    if (isAlone(signal)) endBy(() => process.kill(process.pid, signal));
    else log.flush();
  };
  const onException = (thrown: unknown, origin: string): void => {
    const what = origin === "unhandledRejection" ? "unhandled rejection" : "uncaught exception";
    const trace = traceOf(thrown);
    if (isEnding) return;
    if (trace) log.fatal(`${what}: %s`, thrown, trace);
    else log.fatal(`${what}: %s`, thrown);
    if (!isAlone("uncaughtException")) return;
    // Thrown again, with nobody to catch it, Node reports it and ends as ever.
    endBy(() =>
      setImmediate(() => {
        throw thrown;
      }),
    );
  };
  const release = (): void => {
    process.removeListener("uncaughtException", onException);
    for (const signal of signals) process.removeListener(signal, onSignal);
  };
  process.on("uncaughtException", onException);
  for (const signal of signals) process.on(signal, onSignal);
  return release;
};
