import type { FlashModule } from "../../device/platforms/espruino-flash.ts";
import type { StorageModule } from "../../device/platforms/espruino-storage.ts";
import { byteString } from "./fake-espruino.ts";

const headerBytes = 32;

export interface FakeStorage extends StorageModule {
  /** Whole compactions, whoever began them. */
  compactions: number;
  /** Lets a program's own file take so much room. */
  take(bytes: number): void;
}

/** Espruino's `Storage`: files that are erased only by marking them, until all of it is compacted. */
export const fakeStorage = (totalBytes = 65_536): FakeStorage => {
  const files = new Map<string, Uint8Array>();
  let takenBytes = 0;
  let trashBytes = 0;

  const usedBytes = (): number =>
    [...files.values()].reduce((sum, file) => sum + file.length + headerBytes, takenBytes);
  const storage: FakeStorage = {
    compactions: 0,
    take(bytes) {
      takenBytes += bytes;
    },
    getFree: () => totalBytes - usedBytes() - trashBytes,
    compact() {
      storage.compactions++;
      trashBytes = 0;
    },
    read(name, offset, length) {
      const file = files.get(name);
      return file && byteString(file.slice(offset, offset + length));
    },
    erase(name) {
      const file = files.get(name);
      if (file) trashBytes += file.length + headerBytes;
      files.delete(name);
    },
    write(name, bytes, offset, size) {
      if (offset === 0) {
        storage.erase(name);
        if (storage.getFree() < size + headerBytes) storage.compact();
        if (storage.getFree() < size + headerBytes)
          throw new Error("Unable to find or create file");
        files.set(name, new Uint8Array(size).fill(255));
      }
      const file = files.get(name);
      if (!file) throw new Error("Unable to find or create file");
      if (offset + bytes.length > file.length) throw new Error("Too much data for file size");
      const isErased = file.slice(offset, offset + bytes.length).every((byte) => byte === 255);
      if (!isErased) throw new Error("File already written with different data");
      file.set(bytes, offset);
      return true;
    },
  };
  return storage;
};

/** Espruino's `Flash`: pages of 1,024 bytes from `address` on. */
export const fakeFlashModule = (address: number, pages: number): FlashModule => {
  const unitBytes = 1_024;
  const memory = new Uint8Array(pages * unitBytes).fill(255);
  return {
    getPage(at) {
      if (at < address || at >= address + memory.length) return undefined;
      return { addr: at - ((at - address) % unitBytes), length: unitBytes };
    },
    erasePage(at) {
      const from = at - address - ((at - address) % unitBytes);
      memory.fill(255, from, from + unitBytes);
    },
    read: (length, at) => memory.slice(at - address, at - address + length),
    write(bytes, at) {
      for (const [index, byte] of bytes.entries()) {
        memory[at - address + index] = (memory[at - address + index] ?? 0) & byte;
      }
    },
  };
};
