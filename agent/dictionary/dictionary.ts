import { createHash } from "node:crypto";
import { directiveKinds } from "../../shared/directive.ts";
import { type Level, levels } from "../../shared/event.ts";
import { AgentError, messageOf } from "../errors.ts";

const argumentTypes = ["integer", "number", "character", "json", "any"] as const;

/** What a format says of a value. */
type ArgumentType = (typeof argumentTypes)[number];

/** One call of the program. */
export interface Place {
  level: Level;
  /** The logger's tag, `""` for none; null where only the running program knows. */
  tag: string | null;
  /** Path from the build's working directory, with `/`. */
  file: string;
  /** From 1. */
  line: number;
}

/** One format of the program. */
export interface DictionaryEntry {
  /** The entry's place in the dictionary, from 0: what the token names. */
  id: number;
  format: string;
  /** One for each value the format asks for. */
  arguments: ArgumentType[];
  /** The calls with this format, by file and line. */
  places: Place[];
}

/** The formats of one build of a program; `dictionary.json` is its JSON text. */
export interface Dictionary {
  version: 1;
  /** 16 hex digits; the same formats have the same one on any machine. */
  hash: string;
  entries: DictionaryEntry[];
}

/** A format as found in the program. */
export interface FoundFormat extends Place {
  format: string;
}

const entryLimit = 65_536;
/** A format is at most as long as what fits a frame. */
const formatLimitCharacters = 65_536;
export const dictionaryLimitBytes = 8_388_608;

/** The first 16 hex digits of SHA-256 over the JSON array of the formats, in the order of their ids. */
export const hashOf = (formats: readonly string[]): string =>
  createHash("sha256").update(JSON.stringify(formats)).digest("hex").slice(0, 16);

const typeOf = (kind: string): ArgumentType => {
  if ("diuxXobp".includes(kind)) return "integer";
  if ("fFeEgG".includes(kind)) return "number";
  if (kind === "c") return "character";
  return kind === "j" ? "json" : "any";
};

const compare = (left: string, right: string): number =>
  Number(left > right) - Number(left < right);

const comparePlaces = (left: Place, right: Place): number =>
  compare(left.file, right.file) ||
  left.line - right.line ||
  compare(left.level, right.level) ||
  compare(left.tag ?? "", right.tag ?? "");

const placesByFormat = (found: readonly FoundFormat[]): Map<string, Place[]> => {
  const byFormat = new Map<string, Place[]>();
  for (const { format, level, tag, file, line } of found) {
    const places = byFormat.get(format) ?? [];
    places.push({ level, tag, file, line });
    byFormat.set(format, places);
  }
  return byFormat;
};

/**
 * Numbers the formats in the order of their code units, whatever order they were found in. Throws
 * `DICTIONARY_TOO_LARGE` beyond 65,536 formats, or a format of more than 65,536 characters.
 */
export const createDictionary = (found: readonly FoundFormat[]): Dictionary => {
  const byFormat = placesByFormat(found);
  const formats = [...byFormat.keys()].sort(compare);
  const fail = (what: string): never => {
    throw new AgentError("DICTIONARY_TOO_LARGE", `Cannot build a dictionary: ${what}`);
  };
  if (formats.length > entryLimit) {
    fail(`the program has ${formats.length} formats, ${entryLimit} is the limit`);
  }
  const entries = formats.map((format, id) => {
    const places = (byFormat.get(format) ?? []).sort(comparePlaces);
    if (format.length > formatLimitCharacters) {
      const where = `${places[0]?.file}:${places[0]?.line}`;
      fail(`the format at ${where} has ${format.length} characters, shorten it`);
    }
    return { id, format, arguments: directiveKinds(format).map(typeOf), places };
  });
  return { version: 1, hash: hashOf(formats), entries };
};

/** The text of `dictionary.json`. Throws `DICTIONARY_TOO_LARGE` beyond 8 MiB. */
export const dictionaryText = (dictionary: Dictionary): string => {
  const lines = dictionary.entries.map((entry) => JSON.stringify(entry));
  const head = `{"version":${dictionary.version},"hash":"${dictionary.hash}","entries":[`;
  const text = `${head}\n${lines.join(",\n")}\n]}\n`;
  if (Buffer.byteLength(text) <= dictionaryLimitBytes) return text;
  const message = `Cannot build a dictionary: it takes more than ${dictionaryLimitBytes} bytes, divide the program`;
  throw new AgentError("DICTIONARY_TOO_LARGE", message);
};

type Fields = Record<string, unknown>;

const isObject = (value: unknown): value is Fields => typeof value === "object" && value !== null;

const isPlace = (value: unknown): boolean =>
  isObject(value) &&
  levels.includes(value.level as Level) &&
  (value.tag === null || typeof value.tag === "string") &&
  typeof value.file === "string" &&
  Number.isSafeInteger(value.line);

const isEntry = (value: unknown, id: number): value is DictionaryEntry =>
  isObject(value) &&
  value.id === id &&
  typeof value.format === "string" &&
  value.format.length <= formatLimitCharacters &&
  Array.isArray(value.arguments) &&
  value.arguments.every((type) => argumentTypes.includes(type)) &&
  Array.isArray(value.places) &&
  value.places.every(isPlace);

const unreadable = (file: string, reason: string, cause?: unknown): AgentError =>
  new AgentError(
    "DICTIONARY_UNREADABLE",
    `Cannot read dictionary "${file}": ${reason}; build it again, or take it out of the folder`,
    { cause },
  );

const jsonOf = (text: string, file: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unreadable(file, `it is not JSON, ${messageOf(cause)}`, cause);
  }
};

/** Reads what `dictionaryText` wrote. Throws `DICTIONARY_UNREADABLE` for anything else; `file` is for the message. */
export const parseDictionary = (text: string, file: string): Dictionary => {
  if (Buffer.byteLength(text) > dictionaryLimitBytes) {
    throw unreadable(file, `it has more than ${dictionaryLimitBytes} bytes`);
  }
  const value = jsonOf(text, file);
  if (!isObject(value) || value.version !== 1) throw unreadable(file, "it is no dictionary");
  const { hash, entries } = value;
  if (!Array.isArray(entries) || entries.length > entryLimit) {
    throw unreadable(file, `"entries" is no array of at most ${entryLimit}`);
  }
  const broken = entries.findIndex((entry, id) => !isEntry(entry, id));
  if (broken >= 0) throw unreadable(file, `entry ${broken} is not what a build writes`);
  const actual = hashOf(entries.map(({ format }: DictionaryEntry) => format));
  if (hash === actual) return { version: 1, hash: actual, entries };
  throw unreadable(file, `its "hash" is not ${actual}, which is that of its formats`);
};
