import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";

/** Keeps a second endpoint out of a directory. */
export interface DirectoryLock {
  release(): Promise<void>;
}

/**
 * Takes the lock of a directory, which is made if absent. An empty database serves as the lock: the
 * operating system frees it when the process dies, however it dies. Rejects when it is taken.
 */
export const lockDirectory = async (directory: string): Promise<DirectoryLock> => {
  mkdirSync(directory, { recursive: true });
  const database = new ClassicLevel(join(directory, "lock"));
  try {
    await database.open();
  } catch (cause) {
    const isTaken = ((cause as Error).cause as { code?: string })?.code === "LEVEL_LOCKED";
    throw isTaken ? new Error("another endpoint uses it, choose another directory") : cause;
  }
  return { release: () => database.close() };
};
