import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPageFlash } from "../../device/platforms/espruino-flash.ts";
import { createStorageFlash } from "../../device/platforms/espruino-storage.ts";
import { createFileFlash } from "../../device/platforms/node-files.ts";
import { fakeFlash } from "../support/fake-flash.ts";
import { fakeFlashModule, fakeStorage } from "../support/fake-storage.ts";
import { type FlashBench, flashContract } from "./flash.ts";

const openFake = async (): Promise<FlashBench> => {
  const flash = fakeFlash();
  return { flash, reopen: () => flash.copy(), end: async () => {} };
};

const openFile = async (): Promise<FlashBench> => {
  const folder = await mkdtemp(join(tmpdir(), "fleetlog-journal-"));
  const options = { pages: 6, pageBytes: 4_096 };
  return {
    flash: createFileFlash(folder, options),
    reopen: () => createFileFlash(folder, options),
    end: () => rm(folder, { recursive: true }),
  };
};

const openPages = async (): Promise<FlashBench> => {
  const memory = fakeFlashModule(0x60000, 16);
  const options = { address: 0x60800, pages: 6, pageBytes: 2_048 };
  return {
    flash: createPageFlash(memory, options),
    reopen: () => createPageFlash(memory, options),
    end: async () => {},
  };
};

const openStorage = async (): Promise<FlashBench> => {
  const storage = fakeStorage();
  const options = { areas: 4, areaBytes: 2_048 };
  return {
    flash: createStorageFlash(storage, options),
    reopen: () => createStorageFlash(storage, options),
    end: async () => {},
  };
};

flashContract("the fake", openFake);
flashContract("a file", openFile);
flashContract("Espruino's Flash", openPages);
flashContract("Espruino's Storage", openStorage);
