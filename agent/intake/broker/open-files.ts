import { readFile } from "node:fs/promises";

/** Files that all else of the agent may need: most are the spool's, which keeps 1,000 open. */
const reservedFiles = 2_048;

/** How many files this process may have open; infinite where the system does not say. */
export const readOpenFilesLimit = async (path = "/proc/self/limits"): Promise<number> => {
  const text = await readFile(path, "utf8").catch(() => "");
  const [, limit] = /^Max open files +(\d+)/m.exec(text) ?? [];
  return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
};

/** Connections that leave the spool the files it needs: a store that cannot open one fails for good. */
export const connectionsWithin = (openFilesLimit: number, maxConnections: number): number =>
  Math.min(
    maxConnections,
    Math.max(openFilesLimit - reservedFiles, Math.floor(openFilesLimit / 2)),
  );
