import { EventEmitter } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type BuildOptions, type BuildResult, build, type Message } from "esbuild";
import type { Dictionary } from "../../agent/dictionary/dictionary.ts";
import { type DictionaryOptions, fleetlogDictionary } from "../../agent/dictionary/plugin.ts";
import { createLogger, type Logger, type NodeLoggerOptions } from "../../device/index.ts";
import type { LogEvent } from "../../shared/event.ts";
import { render } from "../../shared/render.ts";
import { idOfToken } from "../../shared/token.ts";
import { eventsOf, fakeAgent } from "./fake-agent.ts";
import { scratchDirectory } from "./local-endpoint.ts";

/** Files by name, in a folder that goes away with the test. */
export const writeProgram = async (files: Record<string, string>): Promise<string> => {
  const directory = await scratchDirectory();
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), text);
  }
  return directory;
};

export interface BuiltWithDictionary {
  text: string;
  map: string;
  dictionary: Dictionary;
  warnings: string[];
}

export const warningText = ({ text, location }: Message): string =>
  location === null ? text : `${location.file}:${location.line}: ${text}`;

/** Options for a bundle in memory of the program in a folder. */
export const bundleOptions = (directory: string, entry: string): BuildOptions => ({
  absWorkingDir: directory,
  entryPoints: [entry],
  bundle: true,
  outfile: join(directory, "out/app.js"),
  format: "cjs",
  external: ["fleetlog", "fleetlog/device", "client", "winston"],
  logLevel: "silent",
});

export const buildWithDictionary = async (
  directory: string,
  entry: string,
  options: BuildOptions = {},
  dictionaryOptions: DictionaryOptions = {},
): Promise<BuiltWithDictionary> => {
  const built: Dictionary[] = [];
  const plugin = fleetlogDictionary({
    ...dictionaryOptions,
    onDictionary: (dictionary) => built.push(dictionary),
  });
  const result: BuildResult = await build({
    ...bundleOptions(directory, entry),
    write: false,
    ...options,
    plugins: [...(options.plugins ?? []), plugin],
  });
  const textOf = (ending: string): string =>
    result.outputFiles?.find(({ path }) => path.endsWith(ending))?.text ?? "";
  const [dictionary] = built;
  if (dictionary === undefined) throw new Error("The build gave no dictionary");
  const warnings = result.warnings.map(warningText);
  return { text: textOf(".js"), map: textOf(".map"), dictionary, warnings };
};

/** A client of the `mqtt` package, connected, with an agent behind it. */
const fakeClient = (agent: ReturnType<typeof fakeAgent>): EventEmitter => {
  const client = Object.assign(new EventEmitter(), {
    connected: true,
    subscribe: (_topic: string, _options: object, done: () => void) => done(),
    publish(topic: string, payload: Buffer, _options: object, done: () => void) {
      done();
      if (!topic.endsWith("/up")) return;
      const ack = agent.receive(new Uint8Array(payload));
      client.emit("message", topic.replace(/up$/, "down"), ack);
    },
  });
  return client;
};

export interface ProgramRun {
  events: LogEvent[];
  /** What each `createLogger` was given as `dictionary`. */
  announced: unknown[];
  /** What went to `console.info` and `console.log`. */
  shown: unknown[][];
}

/** Runs a program that asks for `fleetlog` and `client`, until all its loggers are closed. */
export const runProgram = async (text: string): Promise<ProgramRun> => {
  const agent = fakeAgent();
  const loggers: Logger[] = [];
  const run: ProgramRun = { events: [], announced: [], shown: [] };
  const fleetlog = {
    createLogger(options: NodeLoggerOptions & { dictionary?: unknown }) {
      const logger = createLogger(options);
      loggers.push(logger);
      run.announced.push(options.dictionary);
      return logger;
    },
  };
  const winston = { createLogger: () => fakeConsole };
  const show = (...values: unknown[]) => run.shown.push(values);
  const fakeConsole = { info: show, log: show };
  const modules: Record<string, unknown> = { client: fakeClient(agent), winston };
  const require = (name: string): unknown => modules[name] ?? fleetlog;
  new Function("require", "module", "exports", "console", text)(require, {}, {}, fakeConsole);
  for (const logger of loggers) await logger.close();
  run.events = eventsOf(agent);
  return run;
};

/** The message of an event whose format may be a token. */
export const messageBy = ({ entries }: Dictionary, { site, values }: LogEvent): string => {
  const id = idOfToken(site.format);
  return render(id === null ? site.format : (entries[id]?.format ?? "?"), values);
};
