import { execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Programs the tests run that npm cannot install, and the Debian packages they come in. */
const packages = [
  { name: "awscli", command: "aws" },
  { name: "chromium", command: "chromium" },
  { name: "duktape", command: "duk" },
  { name: "mosquitto", command: "mosquitto" },
  { name: "redis-server", command: "redis-server" },
] as const;

/** Version 1 of the AWS command line has no `logs tail`; Debian's package is version 2. */
const versions: Record<string, RegExp> = { aws: /^aws-cli\/2\./ };

const isVersion = (path: string, command: string): boolean => {
  const version = versions[command];
  if (version === undefined) return true;
  try {
    return version.test(execFileSync(path, ["--version"], { encoding: "utf8" }));
  } catch {
    return false;
  }
};

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/**
 * Where a package puts a command, else where the search path has it; undefined when it is nowhere in
 * a version that will do.
 */
export const commandPath = (command: string): string | undefined => {
  const folders = ["/usr/bin", "/usr/sbin", ...(process.env.PATH ?? "").split(delimiter)];
  return folders
    .map((folder) => join(folder, command))
    .find((path) => isProgram(path) && isVersion(path, command));
};

const canInstall = (): boolean => process.getuid?.() === 0 && commandPath("apt-get") !== undefined;

const aptGet = (...args: string[]): void => {
  execFileSync("apt-get", args, {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
};

/** Called by vitest before all tests: installs what is missing, or says how to. */
export const setup = (): void => {
  const missing = packages.filter(({ command }) => commandPath(command) === undefined);
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name);
  const advice = `apt-get update && apt-get install -y --no-install-recommends ${names.join(" ")}`;
  if (!canInstall()) throw new Error(`The tests need ${names.join(", ")}: run as root: ${advice}`);
  aptGet("update", "-qq");
  aptGet("install", "-y", "-qq", "--no-install-recommends", ...names);
};
