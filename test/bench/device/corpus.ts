import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Level, levels } from "../../../shared/event.ts";

/** A log call of a corpus, as a program makes it. */
export interface Call {
  level: Level;
  tag: string;
  /** The format, then the values. */
  args: unknown[];
}

/** Real calls of one program. */
export interface Corpus {
  name: string;
  calls: Call[];
}

/** Logs of microcontrollers; the other corpora are of larger machines. */
const isEmbedded = (file: string): boolean => /^esp.*\.calls\.jsonl$/.test(file);

const callOf = (line: string): Call => {
  const { l, g, f, a } = JSON.parse(line) as { l: string; g: string; f: string; a: unknown[] };
  const level = levels.find((each) => each[0] === l.toLowerCase()) ?? "info";
  return { level, tag: g, args: [f, ...a] };
};

/** The embedded corpora of a folder, up to `limit` calls of each. */
export const readCorpora = async (folder: string, limit: number): Promise<Corpus[]> => {
  const files = (await readdir(folder)).filter(isEmbedded).sort();
  return await Promise.all(
    files.map(async (file) => {
      const text = await readFile(join(folder, file), "utf8");
      const calls = text.trim().split("\n").slice(0, limit).map(callOf);
      return { name: file.replace(".calls.jsonl", ""), calls };
    }),
  );
};
