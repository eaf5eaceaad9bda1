import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { AgentError, messageOf } from "../errors.ts";
import { type Dictionary, dictionaryLimitBytes, parseDictionary } from "./dictionary.ts";

/** A `*.json` as one look sees it. */
export interface SeenFile {
  path: string;
  /** Differs when the file has changed. */
  stamp: string;
  changedMs: number;
  /** What it takes of the memory, at most. */
  bytes: number;
  /** Why it cannot be read, if that shows from outside. */
  fault?: string;
}

/** Undefined for a file that has gone since its folder was read. */
const look = async (path: string): Promise<SeenFile | undefined> => {
  try {
    const found = await stat(path);
    const { mtimeMs: changedMs, ctimeMs, ino, size } = found;
    const stamp = [changedMs, ctimeMs, ino, size].join();
    const seen = { path, stamp, changedMs, bytes: Math.min(size, dictionaryLimitBytes) };
    if (!found.isFile()) return { ...seen, fault: "it is not a file" };
    if (size <= dictionaryLimitBytes) return seen;
    return { ...seen, fault: `it has more than ${dictionaryLimitBytes} bytes` };
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    const fault = messageOf(thrown);
    return { path, stamp: fault, changedMs: 0, bytes: 0, fault };
  }
};

/** The `*.json` of a folder, changed last first. */
export const lookAround = async (directory: string): Promise<SeenFile[]> => {
  const names = (await readdir(directory)).filter((name) => name.endsWith(".json")).sort();
  const seen = await Promise.all(names.map((name) => look(join(directory, name))));
  return seen
    .filter((file) => file !== undefined)
    .sort((left, right) => right.changedMs - left.changedMs);
};

/** Rejects with `DICTIONARY_UNREADABLE`. */
export const readDictionary = async ({ path, fault }: SeenFile): Promise<Dictionary> => {
  const refuse = (reason: string, cause?: unknown): never => {
    const message = `Cannot read dictionary "${path}": ${reason}; mend it, or take it out of the folder`;
    throw new AgentError("DICTIONARY_UNREADABLE", message, { cause });
  };
  if (fault !== undefined) refuse(fault);
  const text = await readFile(path, "utf8").catch((cause) => refuse(messageOf(cause), cause));
  return parseDictionary(text, path);
};
