import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../../../agent/errors.ts";
import type { Level, LogEvent, Value } from "../../../shared/event.ts";

const levelOf = { D: "debug", I: "info", W: "warn", E: "error", F: "fatal" } as const satisfies {
  [letter: string]: Level;
};

/** A log call as a corpus has it: uptime in ms, level, tag, format, arguments. */
export interface Call {
  t: number;
  l: keyof typeof levelOf;
  g: string;
  f: string;
  a: unknown[];
}

/** Recorded log calls of one program. */
export interface Corpus {
  name: string;
  isEmbedded: boolean;
  calls: Call[];
  /** The same, as a device records them. */
  events: LogEvent[];
}

const suffix = ".calls.jsonl";

const isPlain = (value: unknown): value is null | boolean | number | string =>
  value === null || ["boolean", "number", "string"].includes(typeof value);

const recordedValue = (argument: unknown): Value =>
  isPlain(argument) ? argument : { json: JSON.stringify(argument) };

/** What a device records of a call; arrays and objects become JSON values. */
export const eventOf = ({ t, l, g, f, a }: Call): LogEvent => ({
  kind: "event",
  uptimeMs: t,
  site: { level: levelOf[l], tag: g, format: f },
  values: a.map(recordedValue),
});

const isCall = (value: Partial<Call> | null): value is Call =>
  typeof value === "object" &&
  value !== null &&
  Number.isSafeInteger(value.t) &&
  Object.hasOwn(levelOf, value.l ?? "") &&
  typeof value.g === "string" &&
  typeof value.f === "string" &&
  Array.isArray(value.a);

const callIn = (line: string, where: string): Call => {
  let value: Partial<Call> | null;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new Error(`Cannot read ${where}: ${messageOf(cause)}`, { cause });
  }
  if (isCall(value)) return value;
  throw new Error(`Cannot read ${where}: no {"t","l","g","f","a"} with a level of D I W E F`);
};

/** The calls of a file's text. Throws at a line that is none, or whose time runs backwards. */
export const callsIn = (text: string, file: string): Call[] => {
  const calls: Call[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const where = `"${file}", line ${index + 1}`;
    const call = callIn(line, where);
    if (call.t < (calls.at(-1)?.t ?? 0)) {
      throw new Error(`Cannot read ${where}: ${call.t} ms is before the call above`);
    }
    calls.push(call);
  }
  if (calls.length > 0) return calls;
  throw new Error(`Cannot read "${file}": it has no calls`);
};

const cellsOf = (line: string): string[] => line.split("|").map((cell) => cell.trim());

/**
 * The rule for "embedded": the name begins with `esp` or `emb`, or the row of that name in a table
 * of the folder's README.md says `yes` in the column headed `embedded`.
 */
export const isEmbedded = (name: string, readme: string): boolean => {
  if (/^(esp|emb)/.test(name)) return true;
  const rows = readme.split("\n").map(cellsOf);
  const column = rows.find((cells) => cells.includes("embedded"))?.indexOf("embedded") ?? -1;
  return rows.some((cells) => cells[1] === name && cells[column] === "yes");
};

/** All `<name>.calls.jsonl` of a folder, by name. Throws where there is none. */
export const readCorpora = async (directory: string): Promise<Corpus[]> => {
  const files = await readdir(directory).catch((cause: unknown) => {
    const message = `Cannot read corpora in "${directory}": ${messageOf(cause)}; give a folder with *${suffix} by --corpora`;
    throw new Error(message, { cause });
  });
  const names = files.filter((file) => file.endsWith(suffix)).sort();
  if (names.length === 0) {
    throw new Error(`Cannot find corpora in "${directory}": there is no *${suffix}`);
  }
  const readme = await readFile(join(directory, "README.md"), "utf8").catch(() => "");
  const corpora: Corpus[] = [];
  for (const file of names) {
    const name = file.slice(0, -suffix.length);
    const calls = callsIn(await readFile(join(directory, file), "utf8"), join(directory, file));
    corpora.push({
      name,
      isEmbedded: isEmbedded(name, readme),
      calls,
      events: calls.map(eventOf),
    });
  }
  return corpora;
};
