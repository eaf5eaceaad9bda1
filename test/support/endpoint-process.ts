import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { onTestFinished } from "vitest";
import { scratchDirectory, testKeys } from "./local-endpoint.ts";

/** `fleetlog endpoint` as an operating-system process of its own. */
export interface EndpointProcess {
  child: ChildProcess;
  /** All it has written to standard output so far. */
  output: () => string;
  /** All it has written to standard error so far. */
  errors: () => string;
  /** Resolves with the exit code, null when killed. */
  exited: Promise<number | null>;
}

const program = `
  import { endpointCommand } from "./agent/cli/endpoint.ts";
  endpointCommand().parseAsync(process.argv).catch((thrown) => {
    process.stderr.write(thrown.message + "\\n");
    process.exitCode = 1;
  });
`;

const repository = join(import.meta.dirname, "../..");

const buildProgram = async (): Promise<string> => {
  const outfile = join(await scratchDirectory(), "endpoint.cjs");
  const stdin = { contents: program, resolveDir: repository, loader: "ts" as const };
  const external = ["classic-level"];
  buildSync({ stdin, outfile, bundle: true, platform: "node", format: "cjs", external });
  return outfile;
};

/** Runs the command with these arguments; it is killed with the test. */
export const runEndpointCommand = async (args: readonly string[]): Promise<EndpointProcess> => {
  const env = { ...process.env, NODE_PATH: join(repository, "node_modules") };
  const child = spawn(process.execPath, [await buildProgram(), ...args], { env });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  let output = "";
  let errors = "";
  child.stdout.on("data", (text) => {
    output += String(text);
  });
  child.stderr.on("data", (text) => {
    errors += String(text);
  });
  const exited = once(child, "close").then(([code]) => code as number | null);
  return { child, output: () => output, errors: () => errors, exited };
};

/** Arguments for a free port, with the test keys. */
export const endpointArguments = (directory: string): string[] => [
  "--port",
  "0",
  "--data",
  directory,
  "--access-key",
  testKeys.accessKeyId,
  "--secret",
  testKeys.secretAccessKey,
];

/** Waits for the address it prints. */
export const addressOf = async ({ child, output, exited, errors }: EndpointProcess) => {
  for (;;) {
    const url = /http:\/\/[\d.:]+/.exec(output())?.[0];
    if (url !== undefined) return url;
    const isOver = await Promise.race([
      once(child.stdout as NodeJS.ReadableStream, "data").then(() => false),
      exited.then(() => true),
    ]);
    if (isOver) throw new Error(`The endpoint ended without an address: ${errors()}`);
  }
};
