import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import remapping from "@jridgewell/remapping";
import MagicString from "magic-string";

/** Text that takes the place of what stands from `start` to `end`. */
export interface Edit {
  start: number;
  end: number;
  text: string;
}

/** A map as JSON text, and where its sources are relative to. */
interface OwnMap {
  text: string;
  path: string;
}

const mapComment = /^\s*\/\/[#@]\s*sourceMappingURL=(\S+)\s*$/gm;
const inlineMap = /^data:application\/json[^,]*?(;base64)?,(.*)$/;

/** The map a file brings along: it was itself compiled. */
const readOwnMap = async (text: string, path: string): Promise<OwnMap | null> => {
  const url = [...text.matchAll(mapComment)].at(-1)?.[1];
  if (url === undefined) return null;
  const [, base64, body] = inlineMap.exec(url) ?? [];
  try {
    if (body !== undefined) {
      const buffer = Buffer.from(
        decodeURIComponent(body),
        base64 === undefined ? "utf8" : "base64",
      );
      return { text: buffer.toString(), path };
    }
    const mapPath = url.startsWith("file:") ? fileURLToPath(url) : join(dirname(path), url);
    return { text: await readFile(mapPath, "utf8"), path: mapPath };
  } catch {
    // As to esbuild: a map that cannot be read is none.
    return null;
  }
};

const withOwnMap = (map: string, own: OwnMap, path: string): string => {
  let isOwn = true;
  try {
    const whole = remapping(map, (_source, context) => {
      if (!isOwn) return null;
      isOwn = false;
      context.source = own.path === path ? basename(path) : own.path;
      return own.text;
    });
    return whole.toString();
  } catch {
    return map;
  }
};

/** A file with its edits made. With `hasMap` the text ends in a source map that leads to the original. */
export const rewrite = async (
  text: string,
  edits: readonly Edit[],
  { path, hasMap }: { path: string; hasMap: boolean },
): Promise<string> => {
  const edited = new MagicString(text);
  for (const { start, end, text: given } of edits) {
    if (start === end) edited.appendLeft(start, given);
    else edited.overwrite(start, end, given);
  }
  if (!hasMap) return edited.toString();
  const map = edited
    .generateMap({ source: basename(path), includeContent: true, hires: "boundary" })
    .toString();
  const own = await readOwnMap(text, path);
  const whole = own === null ? map : withOwnMap(map, own, path);
  const url = `data:application/json;base64,${Buffer.from(whole).toString("base64")}`;
  return `${edited.toString()}\n//# sourceMappingURL=${url}\n`;
};
