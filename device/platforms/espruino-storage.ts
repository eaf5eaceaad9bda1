import { putText } from "../../shared/codec/text.ts";
import type { Flash } from "../journal/flash.ts";

/** Espruino's `Storage` module. */
export interface StorageModule {
  /** The bytes as a text; undefined where there is no such file. */
  read(name: string, offset: number, length: number): string | undefined;
  /** At offset 0 a new file of `size` bytes; elsewhere bytes of one that is there. Throws where it cannot. */
  write(name: string, bytes: Uint8Array, offset: number, size: number): boolean;
  erase(name: string): void;
  /** Room behind the last file. */
  getFree(): number;
  compact(): void;
}

/** Files in which a journal may be, 8 of `areaBytes` each; two more count starts. */
export interface StorageAreas {
  /** What the files' names begin with, a number follows; `flog`. */
  name?: string;
  areas?: number;
  /** A multiple of 64; 4,096. */
  areaBytes?: number;
}

/** Beside a file's bytes: its header, and what the engine may write for itself. */
const spareBytes = 512;

interface StorageFlash extends Flash {
  storage: StorageModule;
  name: string;
}

const hasRoom = (flash: StorageFlash): boolean =>
  flash.storage.getFree() >= flash.pageBytes + spareBytes;

// Methods without closures: a board would pay for each.
const read = function (this: StorageFlash, at: number, length: number): Uint8Array {
  const page = Math.floor(at / this.pageBytes);
  const bytes = new Uint8Array(length);
  const text = this.storage.read(this.name + page, at - page * this.pageBytes, length);
  if (text === undefined) bytes.fill(255);
  else putText(bytes, text, 0);
  return bytes;
};

const write = function (this: StorageFlash, at: number, bytes: Uint8Array): boolean {
  const page = Math.floor(at / this.pageBytes);
  const offset = at - page * this.pageBytes;
  try {
    if (offset === 0 && !hasRoom(this)) return false;
    return this.storage.write(this.name + page, bytes, offset, this.pageBytes);
  } catch {
    return false;
  }
};

const erase = function (this: StorageFlash, page: number): boolean {
  if (!hasRoom(this)) return false;
  this.storage.erase(this.name + page);
  return true;
};

const compact = function (this: StorageFlash): void {
  this.storage.compact();
};

/**
 * Files as the journal's flash. A page that was erased is no file: the engine marks the old one and
 * takes new room for the next, until there is none but by its own compaction, which may take a minute
 * and is not safe from a loss of power. That is left to `compact`: before, `erase` fails.
 */
export const createStorageFlash = (storage: StorageModule, options: StorageAreas): Flash => {
  const flash: StorageFlash = {
    storage,
    name: options.name || "flog",
    pages: (options.areas || 8) + 2,
    pageBytes: options.areaBytes || 4_096,
    read,
    write,
    erase,
    compact,
  };
  return flash;
};
