import { resolve } from "node:path";
import { build, type Message } from "esbuild";
import { tokenOf } from "../../shared/token.ts";
import { AgentError, messageOf } from "../errors.ts";
import { type Dictionary, dictionaryText } from "./dictionary.ts";
import { fleetlogDictionary } from "./plugin.ts";
import { writeWhole } from "./write-whole.ts";

export interface ProgramOptions {
  entry: string;
  outfile: string;
  dictionaryFile: string;
  format: "cjs" | "esm" | "iife";
  minify: boolean;
  /** Of esbuild, such as `es2015`. */
  target?: string | undefined;
  names?: readonly string[] | undefined;
}

export interface BuiltProgram {
  dictionary: Dictionary;
  /** Each with file and line. */
  warnings: string[];
}

const textOf = ({ text, location }: Message): string =>
  location === null ? text : `${location.file}:${location.line}: ${text}`;

const failure = (entry: string, cause: unknown): AgentError => {
  const { errors = [] } = cause as { errors?: Message[] };
  const [first, ...others] = errors.map(textOf);
  const more = others.length > 0 ? `; and ${others.length} more` : "";
  const message = `Cannot build "${entry}": ${first ?? messageOf(cause)}${more}`;
  return new AgentError("PROGRAM_UNBUILT", message, { cause });
};

/** What a build gives that nobody has written yet. */
interface Bundle {
  text: string;
  dictionary: Dictionary;
  warnings: string[];
  /** Paths of the program's files. */
  inputs: string[];
}

const bundle = async (options: ProgramOptions): Promise<Bundle> => {
  const { entry, outfile, format, minify, target, names } = options;
  const dictionaries: Dictionary[] = [];
  const plugin = fleetlogDictionary({
    ...(names && { names }),
    onDictionary: (built) => dictionaries.push(built),
  });
  const { outputFiles, warnings, metafile } = await build({
    // Not by name: that would be a package.
    entryPoints: [resolve(entry)],
    bundle: true,
    packages: "external",
    platform: "node",
    write: false,
    metafile: true,
    outfile,
    format,
    minify,
    ...(target !== undefined && { target }),
    plugins: [plugin],
    logLevel: "silent",
  });
  const [file] = outputFiles;
  const [dictionary] = dictionaries;
  if (file === undefined || dictionary === undefined) throw new Error("esbuild built nothing");
  const inputs = Object.keys(metafile.inputs).map((path) => resolve(path));
  return { text: file.text, dictionary, warnings: warnings.map(textOf), inputs };
};

/** In ASCII: a board's console takes the byte 1 for the key that goes to the start of the line. */
const escapeMarks = (text: string): string => text.replaceAll("\x01", "\\x01");

/**
 * Bundles a program's own files, its formats replaced; modules by name stay for the board or
 * `node_modules`. Rejects with `PROGRAM_UNBUILT`.
 */
export const buildProgram = async (options: ProgramOptions): Promise<BuiltProgram> => {
  const { outfile, dictionaryFile } = options;
  try {
    const { text, dictionary, warnings, inputs } = await bundle(options);
    const taken = [outfile, dictionaryFile].find((path) => inputs.includes(resolve(path)));
    if (taken !== undefined) throw new Error(`"${taken}" is a file of the program, name another`);
    await writeWhole(dictionaryFile, dictionaryText(dictionary));
    await writeWhole(outfile, escapeMarks(text));
    return { dictionary, warnings };
  } catch (cause) {
    throw failure(options.entry, cause);
  }
};

/** What the tokens save, over all calls. */
export const savedBytes = ({ entries }: Dictionary): number =>
  entries.reduce((sum, { id, format, places }) => {
    const bytes = Buffer.byteLength(format) - Buffer.byteLength(tokenOf(id));
    return sum + bytes * places.length;
  }, 0);
