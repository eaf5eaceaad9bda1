import { resolve } from "node:path";
import type { OnLoadResult, OnStartResult, PartialMessage, Plugin } from "esbuild";
import { tokenOf } from "../../shared/token.ts";
import { AgentError } from "../errors.ts";
import { createDictionary, type Dictionary, dictionaryText } from "./dictionary.ts";
import { type Edit, rewrite } from "./rewrite.ts";
import {
  hashModule,
  isProgram,
  messageAt,
  type Scan,
  type ScannedFile,
  scanProgram,
} from "./scan.ts";
import { writeWhole } from "./write-whole.ts";

export type { Dictionary, DictionaryEntry, Place } from "./dictionary.ts";

export interface DictionaryOptions {
  /** Where the dictionary is written; `dictionary.json` in the build's working directory. */
  file?: string;
  /** Identifiers and properties taken for loggers wherever they appear; `log` and `logger`. */
  names?: readonly string[];
  /** Called with the dictionary of each build that succeeds. */
  onDictionary?: (dictionary: Dictionary) => void;
}

/** What one build works with. */
interface Edition {
  scan: Scan;
  dictionary: Dictionary;
  /** The dictionary, as it is written. */
  text: string;
  ids: Map<string, number>;
}

const name = "fleetlog-dictionary";
const defaultNames = ["log", "logger"];

const byHand = `import { hash } from "fleetlog:dictionary" and give it as "dictionary"`;

const editionOf = (scan: Scan): Edition => {
  const found = [...scan.files.values()].flatMap((file) =>
    file.found.calls.map((call) => ({ ...call, file: file.name })),
  );
  const dictionary = createDictionary(found);
  const ids = new Map(dictionary.entries.map(({ format, id }) => [format, id]));
  return { scan, dictionary, text: dictionaryText(dictionary), ids };
};

const doubtsOf = (file: ScannedFile): PartialMessage[] =>
  file.found.doubts.map((doubt) => messageAt(file, doubt, doubt.text));

const unannounced = ({ files, isHashImported }: Scan): PartialMessage[] => {
  if (isHashImported) return [];
  const all = [...files.values()].flatMap((file) =>
    file.found.creations.map((creation) => ({ file, creation })),
  );
  if (all.length === 0) {
    return [
      { text: `Cannot announce the dictionary: no call of createLogger was found, ${byHand}` },
    ];
  }
  return all
    .filter(({ creation }) => !creation.isNamed && creation.gap === null)
    .map(({ file, creation }) =>
      messageAt(
        file,
        creation,
        `Cannot announce the dictionary here: the options are not an object literal, ${byHand}`,
      ),
    );
};

const warningsOf = (scan: Scan): PartialMessage[] => [
  ...scan.warnings,
  ...[...scan.files.values()].flatMap(doubtsOf),
  ...unannounced(scan),
];

/** JavaScript for a token: a string literal, plain ASCII. */
const literalOf = (id: number): string => `"\\x01${tokenOf(id).slice(1)}"`;

const editsOf = ({ found }: ScannedFile, { dictionary, ids }: Edition): Edit[] => [
  ...found.calls.map(({ start, end, format }) => ({
    start,
    end,
    text: literalOf(ids.get(format) as number),
  })),
  ...found.creations.flatMap(({ isNamed, gap }) => {
    if (isNamed || gap === null) return [];
    return [{ start: gap.at, end: gap.at, text: `${gap.before}dictionary: "${dictionary.hash}"` }];
  }),
];

/**
 * An esbuild plugin: replaces the formats of log calls by tokens, gives `createLogger` the hash of
 * the dictionary, and writes the dictionary for the agent, unless the build has `write: false`.
 * esbuild writes a token's mark as the byte 1 itself; the command line writes it in ASCII. A plugin
 * that loads the program's files in its own way must not come before it.
 *
 * ```ts
 * await build({ entryPoints: ["app.ts"], bundle: true, outfile: "dist/app.js", plugins: [fleetlogDictionary()] });
 * ```
 */
export const fleetlogDictionary = (options: DictionaryOptions = {}): Plugin => {
  const { file = "dictionary.json", names = defaultNames, onDictionary } = options;
  const plugin: Plugin = { name, setup: () => {} };
  plugin.setup = (build) => {
    let edition: Edition | undefined;

    const start = async (): Promise<OnStartResult> => {
      edition = undefined;
      const scan = await scanProgram(build, plugin, names);
      try {
        edition = editionOf(scan);
      } catch (thrown) {
        if (!(thrown instanceof AgentError)) throw thrown;
        return { errors: [{ text: thrown.message }] };
      }
      return { warnings: warningsOf(scan) };
    };
    const load = async (path: string): Promise<OnLoadResult | undefined> => {
      // The text as it was scanned, even if the file has changed since: the hash covers all files.
      const scanned = edition?.scan.files.get(path);
      const edits = scanned && edition ? editsOf(scanned, edition) : [];
      if (scanned === undefined || edits.length === 0) return undefined;
      const hasMap = Boolean(build.initialOptions.sourcemap);
      const contents = await rewrite(scanned.text, edits, { path, hasMap });
      return { contents, loader: scanned.syntax };
    };

    build.onStart(start);
    build.onResolve({ filter: hashModule }, ({ path }) => ({ path, namespace: name }));
    build.onLoad({ filter: /.*/, namespace: name }, () => ({
      contents: `export const hash = "${edition?.dictionary.hash}";`,
    }));
    build.onLoad({ filter: /.*/, namespace: "file" }, (args) =>
      isProgram(args) ? load(args.path) : undefined,
    );
    build.onEnd(async ({ errors }) => {
      if (errors.length > 0 || edition === undefined) return;
      const { absWorkingDir = process.cwd(), write } = build.initialOptions;
      if (write !== false) await writeWhole(resolve(absWorkingDir, file), edition.text);
      onDictionary?.(edition.dictionary);
    });
  };
  return plugin;
};
