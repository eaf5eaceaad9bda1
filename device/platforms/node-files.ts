import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { Flash } from "../journal/flash.ts";

export interface FileFlashOptions {
  /** 66: two count starts. */
  pages?: number;
  /** 65,536. */
  pageBytes?: number;
}

/** Writes all of it, or throws. */
const writeAll = (file: number, bytes: Uint8Array, at: number): void => {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(file, bytes, done, bytes.length - done, at + done);
  }
};

const blank = (length: number): Uint8Array => new Uint8Array(length).fill(255);

const syncFolder = (folder: string): void => {
  const file = openSync(folder, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
};

/** The file with all its bytes in place, so that a full disk does not stop it later. */
const openWhole = (folder: string, bytes: number): number => {
  const path = join(folder, "journal");
  const draft = join(folder, "journal.new");
  mkdirSync(folder, { recursive: true });
  try {
    const file = openSync(path, "r+");
    const { size } = fstatSync(file);
    if (size < bytes) writeAll(file, blank(bytes - size), size);
    return file;
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code !== "ENOENT") throw fault;
  }
  try {
    const file = openSync(draft, "w+");
    writeAll(file, blank(bytes), 0);
    fsyncSync(file);
    renameSync(draft, path);
    syncFolder(folder);
    return file;
  } catch (fault) {
    rmSync(draft, { force: true });
    throw fault;
  }
};

/**
 * A file in `folder` as the journal's flash, made where there is none; for one process at a time.
 * What was written is synced. Whatever goes wrong is a refusal, never an exception.
 */
export const createFileFlash = (folder: string, options: FileFlashOptions = {}): Flash => {
  const { pages = 66, pageBytes = 65_536 } = options;
  const attempt = (action: (file: number) => void): boolean => {
    try {
      file ??= openWhole(folder, pages * pageBytes);
      action(file);
      return true;
    } catch {
      return false;
    }
  };
  const put = (at: number, bytes: Uint8Array): boolean =>
    attempt((opened) => {
      writeAll(opened, bytes, at);
      fdatasyncSync(opened);
    });
  let file: number | undefined;

  return {
    pages,
    pageBytes,
    read(at, length) {
      const bytes = new Uint8Array(length);
      const isRead = attempt((opened) => readSync(opened, bytes, 0, length, at));
      return isRead ? bytes : bytes.fill(0);
    },
    write: put,
    erase: (page) => put(page * pageBytes, blank(pageBytes)),
    compact() {},
  };
};
