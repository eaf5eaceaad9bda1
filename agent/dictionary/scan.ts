import { readFile } from "node:fs/promises";
import { relative, sep } from "node:path";
import type {
  BuildOptions,
  Loader,
  OnLoadArgs,
  PartialMessage,
  Plugin,
  PluginBuild,
} from "esbuild";
import { messageOf } from "../errors.ts";
import { type FoundCalls, findCalls, type Position } from "./find-calls.ts";
import type { Syntax } from "./syntax.ts";

/** A file of the program that may have log calls. */
export interface ScannedFile {
  path: string;
  /** From the build's working directory, with `/`. */
  name: string;
  syntax: Syntax;
  text: string;
  found: FoundCalls;
}

/** The program as it was when the build began. */
export interface Scan {
  /** By path. */
  files: Map<string, ScannedFile>;
  /** A file imports the hash from `fleetlog:dictionary`. */
  isHashImported: boolean;
  warnings: PartialMessage[];
}

/** Gives the program the hash of its dictionary. */
export const hashModule: RegExp = /^fleetlog:dictionary$/;

const syntaxes: Record<string, Syntax> = {
  ".js": "js",
  ".cjs": "js",
  ".mjs": "js",
  ".jsx": "jsx",
  ".ts": "ts",
  ".cts": "ts",
  ".mts": "ts",
  ".tsx": "tsx",
};
const programLoaders: readonly (Loader | undefined)[] = ["js", "jsx", "ts", "tsx"];

/** Whether a file is loaded to be run: not with `{ type: "text" }` and its like. */
export const isProgram = (args: OnLoadArgs): boolean => Object.keys(args.with).length === 0;

/** How the build reads a file; null for what is no program, and for packages, whose text is theirs. */
const syntaxOf = (path: string, { loader }: BuildOptions): Syntax | null => {
  if (path.split(sep).includes("node_modules")) return null;
  const [match] = Object.entries({ ...syntaxes, ...loader })
    .filter(([ending]) => path.endsWith(ending))
    .sort(([left], [right]) => right.length - left.length);
  return programLoaders.includes(match?.[1]) ? (match?.[1] as Syntax) : null;
};

/** A warning or error that names its place as esbuild's own do. */
export const messageAt = (
  { name, text: whole }: ScannedFile,
  { line, column }: Position,
  text: string,
): PartialMessage => {
  const lineText = whole.split(/\r?\n/, line).at(-1) ?? "";
  return { text, location: { file: name, line, column, lineText } };
};

const scanFile = async (
  path: string,
  options: BuildOptions,
  names: readonly string[],
): Promise<ScannedFile | PartialMessage | null> => {
  const syntax = syntaxOf(path, options);
  if (syntax === null) return null;
  const text = await readFile(path, "utf8");
  const from = options.absWorkingDir ?? process.cwd();
  const name = relative(from, path).split(sep).join("/");
  try {
    return { path, name, syntax, text, found: findCalls(text, syntax, names) };
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
    const reason = `Cannot look for log calls, so the file's formats stay as they are: ${messageOf(thrown)}`;
    return { text: reason, location: { file: name } };
  }
};

/** Another plugin for a build whose output nobody gets: it finds and loads, and publishes nothing. */
const quiet = (plugin: Plugin): Plugin => ({
  name: plugin.name,
  setup: (build) => plugin.setup({ ...build, onEnd: () => {} }),
});

const copyOf = (value: unknown): unknown => {
  if (Array.isArray(value)) return [...value];
  const isPlain = Object.getPrototypeOf(value ?? 0) === Object.prototype;
  return isPlain ? { ...(value as object) } : value;
};

/** The same options for a build of its own: plugins may change theirs. */
const copyOptions = (options: BuildOptions): BuildOptions =>
  Object.fromEntries(Object.entries(options).map(([name, value]) => [name, copyOf(value)]));

/**
 * Builds the program once without output, to know all its formats before the first file of the real
 * build is given out: esbuild loads files as it finds them, and an id is a place among all formats.
 * Other plugins find and load files here as well. What fails here is left to the real build to say.
 */
export const scanProgram = async (
  build: PluginBuild,
  self: Plugin,
  names: readonly string[],
): Promise<Scan> => {
  const scan: Scan = { files: new Map(), isHashImported: false, warnings: [] };
  const scanner: Plugin = {
    name: self.name,
    setup(inner) {
      inner.onResolve({ filter: hashModule }, ({ path }) => {
        scan.isHashImported = true;
        return { path, namespace: self.name };
      });
      inner.onLoad({ filter: /.*/, namespace: self.name }, () => ({
        contents: `export const hash = "";`,
      }));
      inner.onLoad({ filter: /.*/, namespace: "file" }, async (args) => {
        const { path } = args;
        if (!isProgram(args)) return undefined;
        const scanned = await scanFile(path, build.initialOptions, names);
        if (scanned !== null && "found" in scanned) scan.files.set(path, scanned);
        else if (scanned !== null) scan.warnings.push(scanned);
        return undefined;
      });
    },
  };
  const options = copyOptions(build.initialOptions);
  const plugins = (options.plugins ?? []).map((plugin) =>
    plugin.name === self.name ? scanner : quiet(plugin),
  );
  await build.esbuild
    .build({ ...options, plugins, write: false, metafile: false, logLevel: "silent" })
    .catch(() => {});
  const files = [...scan.files].sort(([, left], [, right]) => (left.name < right.name ? -1 : 1));
  return { ...scan, files: new Map(files) };
};
