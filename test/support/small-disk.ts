import { execFileSync } from "node:child_process";
import { onTestFinished } from "vitest";
import { scratchDirectory } from "./local-endpoint.ts";

/** A file system of its own, of this size, for as long as the test runs. Needs root. */
export const mountSmallDisk = async (mebibytes: number): Promise<string> => {
  const directory = await scratchDirectory();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", directory]);
  } catch (cause) {
    const message = "Cannot mount a small file system: run the tests as root, in a container with";
    throw new Error(`${message} --cap-add SYS_ADMIN`, { cause });
  }
  onTestFinished(() => {
    execFileSync("umount", ["--lazy", directory]);
  });
  return directory;
};
