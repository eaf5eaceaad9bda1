import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface AgentRunsOptions {
  /** The settings file, which names the port. */
  config: string;
  /** Region, keys and endpoint. */
  environment: Readonly<Record<string, string>>;
  /** The command line, built; by default the one this was built with. */
  program?: string;
  /** Flags for Node. */
  nodeFlags?: readonly string[];
}

/** `fleetlog start` as a process of its own, one run after the other on the same data. */
export interface AgentRuns {
  /** Resolves once it takes frames. */
  start(): Promise<void>;
  /** Of the last run. */
  pid(): number;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGTERM; false if something was left undelivered. */
  stop(): Promise<boolean>;
  /** Events that the runs so far have said they may have doubled. */
  counted(): number;
}

interface Run {
  child: ChildProcess;
  possiblyDuplicated: number;
  isDrained: boolean;
  ended: Promise<unknown>;
}

const ownProgram = fileURLToPath(new URL("../../../agent/cli/fleetlog.js", import.meta.url));

export const createAgentRuns = (options: AgentRunsOptions): AgentRuns => {
  const { config, environment, program = ownProgram, nodeFlags = [] } = options;
  const runs: Run[] = [];

  const begin = (onReady: () => void): Run => {
    const child = spawn(process.execPath, [...nodeFlags, program, "start", "--config", config], {
      env: { PATH: process.env.PATH, ...environment },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    // What it wrote before it was killed is still read: the run ends with its output.
    const ended = Promise.all([once(child, "exit"), once(lines, "close")]);
    const run: Run = { child, possiblyDuplicated: 0, isDrained: false, ended };
    lines.on("line", (line) => {
      const said = JSON.parse(line) as Record<string, unknown>;
      if (said.msg === "ready") onReady();
      if (typeof said.possiblyDuplicated === "number") {
        run.possiblyDuplicated = said.possiblyDuplicated;
      }
      run.isDrained = said.isDrained === true;
    });
    return run;
  };
  const end = async (signal: NodeJS.Signals): Promise<boolean> => {
    const run = runs.at(-1);
    run?.child.kill(signal);
    await run?.ended;
    return run?.isDrained === true;
  };
  return {
    async start() {
      const { promise, resolve } = withResolver();
      const run = begin(resolve);
      runs.push(run);
      const isReady = await Promise.race([promise, run.ended.then(() => false)]);
      if (isReady === false)
        throw new Error("Cannot start the agent: it ended before it was ready");
    },
    pid: () => runs.at(-1)?.child.pid ?? 0,
    async kill() {
      await end("SIGKILL");
    },
    stop: () => end("SIGTERM"),
    counted: () => runs.reduce((sum, run) => sum + run.possiblyDuplicated, 0),
  };
};

const withResolver = (): { promise: Promise<void>; resolve: () => void } => {
  let resolve = (): void => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
};
