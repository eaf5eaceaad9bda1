import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** A process of the benchmark that does what it is told, one question at a time. */
export interface Child<Question, Reply> {
  pid: number;
  ask(question: Question): Promise<Reply>;
  /** Resolves once it has ended. */
  stop(): Promise<void>;
}

export interface ChildOptions {
  /** File of this folder, as built. */
  entry: string;
  /** Its one argument, as JSON. */
  given: unknown;
}

const failed = async (child: ChildProcess, entry: string): Promise<never> => {
  const [code] = await once(child, "exit");
  throw new Error(`Process "${entry}" ended with ${code} before it answered`);
};

/** Starts the process; resolves with it and what it says first. */
export const startChild = async <Question, Reply>({
  entry,
  given,
}: ChildOptions): Promise<{ child: Child<Question, Reply>; first: Reply }> => {
  const path = fileURLToPath(new URL(`./${entry}`, import.meta.url));
  const process = fork(path, [JSON.stringify(given)], { execArgv: [] });
  const ended = failed(process, entry);
  ended.catch(() => {});
  const answer = async (): Promise<Reply> => {
    const [reply] = await Promise.race([once(process, "message"), ended]);
    return reply as Reply;
  };
  const first = await answer();
  return {
    first,
    child: {
      pid: process.pid as number,
      ask(question) {
        process.send(question as object);
        return answer();
      },
      async stop() {
        if (process.exitCode !== null || process.signalCode !== null) return;
        const exited = once(process, "exit");
        process.disconnect();
        await exited;
      },
    },
  };
};

/** The argument that a process was started with. */
export const givenTo = <Given>(): Given => JSON.parse(process.argv[2] ?? "{}") as Given;
