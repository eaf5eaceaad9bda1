import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, truncateSync, writeSync } from "node:fs";
import { join } from "node:path";

/** A small file system on the real disk, that can be filled up. */
export interface SmallDisk {
  path: string;
  /** Leaves no byte free for a while. */
  fill(forMs: number): void;
  /** Ends that. */
  clear(): void;
  unmount(): void;
}

const run = (command: string, ...args: string[]): void => {
  execFileSync(command, args, { stdio: "pipe" });
};

/** Mounts one of this size in `directory`; null where this process may not mount. */
export const mountSmallDisk = (directory: string, megabytes: number): SmallDisk | null => {
  const image = join(directory, "disk.img");
  const path = join(directory, "disk");
  mkdirSync(path, { recursive: true });
  try {
    closeSync(openSync(image, "w"));
    truncateSync(image, megabytes * 1_048_576);
    run("mkfs.ext4", "-q", "-m", "0", image);
    run("mount", "-o", "loop", image, path);
  } catch {
    return null;
  }
  const filler = join(path, "filler");
  const clear = (): void => rmSync(filler, { force: true });
  return {
    path,
    fill(forMs) {
      const file = openSync(filler, "a");
      try {
        for (let bytes = 1_048_576; bytes >= 512; bytes /= 2) {
          for (;;) if (!isWritten(file, bytes)) break;
        }
      } finally {
        closeSync(file);
      }
      setTimeout(clear, forMs).unref();
    },
    clear,
    unmount: () => run("umount", "-l", path),
  };
};

const isWritten = (file: number, bytes: number): boolean => {
  try {
    return writeSync(file, new Uint8Array(bytes)) === bytes;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "ENOSPC") throw thrown;
    return false;
  }
};
