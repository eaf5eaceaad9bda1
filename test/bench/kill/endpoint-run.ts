import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export interface EndpointRunOptions {
  /** The command line, built. */
  program: string;
  /** Where it keeps what it is sent. */
  directory: string;
  accessKeyId: string;
  secretAccessKey: string;
}

/** `fleetlog endpoint` as a process of its own. */
export interface EndpointRun {
  url: string;
  stop(): Promise<void>;
}

export const startEndpointRun = async (options: EndpointRunOptions): Promise<EndpointRun> => {
  const { program, directory, accessKeyId, secretAccessKey } = options;
  const keys = ["--access-key", accessKeyId, "--secret", secretAccessKey];
  const args = [program, "endpoint", "--port", "0", "--data", directory, ...keys];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  for await (const line of createInterface({ input: child.stdout })) {
    const [url] = /http:\/\/[\d.:]+/.exec(line) ?? [];
    if (url === undefined) continue;
    child.stdout.resume();
    return {
      url,
      async stop() {
        child.kill("SIGTERM");
        await ended;
      },
    };
  }
  throw new Error("Cannot start the endpoint: it ended without an address");
};
