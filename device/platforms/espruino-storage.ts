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

/**
 * Files as the journal's flash. A page that was erased is no file: the engine marks the old one and
 * takes new room for the next, until there is none but by its own compaction, which may take a minute
 * and is not safe from a loss of power. That is left to `compact`: before, `erase` fails.
 */
export const createStorageFlash = (storage: StorageModule, options: StorageAreas): Flash => {
  const name = options.name || "flog";
  const pageBytes = options.areaBytes || 4_096;
  const hasRoom = (): boolean => storage.getFree() >= pageBytes + spareBytes;

  return {
    pages: (options.areas || 8) + 2,
    pageBytes,
    read(at, length) {
      const page = Math.floor(at / pageBytes);
      const bytes = new Uint8Array(length);
      const text = storage.read(name + page, at - page * pageBytes, length);
      if (text === undefined) bytes.fill(255);
      else putText(bytes, text, 0);
      return bytes;
    },
    write(at, bytes) {
      const page = Math.floor(at / pageBytes);
      const offset = at - page * pageBytes;
      try {
        if (offset === 0 && !hasRoom()) return false;
        return storage.write(name + page, bytes, offset, pageBytes);
      } catch {
        return false;
      }
    },
    erase(page) {
      if (!hasRoom()) return false;
      storage.erase(name + page);
      return true;
    },
    compact() {
      storage.compact();
    },
  };
};
