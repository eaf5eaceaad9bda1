import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";

export interface ProgramOptions {
  name: string;
  command: string;
  args: readonly string[];
  environment?: Readonly<Record<string, string>>;
  /** Open a channel for messages. */
  hasChannel?: boolean;
  /** Of its standard output. `run` counts its starts, from 1. */
  onLine?(line: string, run: number): void;
  onMessage?(message: unknown, run: number): void;
}

/** A process that is started again whenever it ends, until it is stopped. */
export interface Program {
  name: string;
  /** Whether a process runs and is not paused. */
  isAtWork(): boolean;
  /** SIGKILL; it starts again after a while. */
  kill(downMs: number): void;
  /** SIGSTOP, then SIGCONT. */
  pause(forMs: number): void;
  /** Ends all pauses. */
  resume(): void;
  send(message: unknown): void;
  /** How often it ended without being told to; why is the last it said on standard error. */
  exits: { code: number | null; said: string }[];
  /** Ends it for good: SIGTERM, or as `message` asks for. */
  stop(message?: unknown): Promise<void>;
}

const restartAfterMs = 300;
const saidLimit = 2_000;

/** Whatever runs is killed with this process. */
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export const startProgram = (options: ProgramOptions): Program => {
  const { name, command, args, onLine, onMessage } = options;
  const exits: Program["exits"] = [];
  let child: ChildProcess | undefined;
  let runs = 0;
  let isWanted = true;
  let isPaused = false;
  /** How long it stays down after a kill; null where none was asked for. */
  let downMs: number | null = null;

  const run = async (): Promise<void> => {
    const channel = options.hasChannel ? (["ipc"] as const) : [];
    const begun = spawn(command, [...args], {
      env: { PATH: process.env.PATH, ...options.environment },
      stdio: ["ignore", "pipe", "pipe", ...channel],
    });
    const number = ++runs;
    child = begun;
    isPaused = false;
    running.add(begun);
    let said = "";
    const lines = createInterface({ input: begun.stdout as NodeJS.ReadableStream });
    lines.on("line", (line) => {
      said = line;
      onLine?.(line, number);
    });
    begun.stderr?.on("data", (chunk) => {
      said = `${said}\n${chunk}`.slice(-saidLimit);
    });
    begun.on("message", (message) => onMessage?.(message, number));
    // What it wrote before it died is still read: a run ends with its output.
    await Promise.all([once(begun, "exit"), once(lines, "close")]);
    running.delete(begun);
    child = undefined;
    if (isWanted && downMs === null) exits.push({ code: begun.exitCode, said });
  };
  const live = async (): Promise<void> => {
    while (isWanted) {
      downMs = null;
      await run();
      if (isWanted) await wait(downMs ?? restartAfterMs);
    }
  };
  const ended = live();
  const resume = (): void => {
    isPaused = false;
    child?.kill("SIGCONT");
  };
  return {
    name,
    exits,
    isAtWork: () => child !== undefined && !isPaused,
    kill(forMs) {
      downMs = forMs;
      child?.kill("SIGKILL");
    },
    pause(forMs) {
      const paused = child;
      isPaused = true;
      paused?.kill("SIGSTOP");
      setTimeout(() => {
        if (paused === child) resume();
      }, forMs).unref();
    },
    resume,
    send(message) {
      if (child?.connected) child.send(message as object, () => {});
    },
    async stop(message) {
      isWanted = false;
      resume();
      if (message === undefined) child?.kill("SIGTERM");
      else if (child?.connected) child.send(message as object, () => {});
      await ended;
    },
  };
};
