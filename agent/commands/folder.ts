import { randomUUID } from "node:crypto";
import { link, mkdir, readdir, readFile, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { commandedTags } from "../../shared/limits.ts";
import { AgentError, messageOf } from "../errors.ts";
import {
  type CommandInput,
  checkCommand,
  type HeldCommand,
  isLive,
  isOnce,
  keyOf,
  parseHeld,
} from "./command.ts";

/*
 * A command is a file of its own, `<device>@<id>.json`, written once and taken away once it is over.
 * So an agent and any number of other processes need no lock.
 */

/** Where they are, in an agent's data. */
export const commandFolder = (data: string): string => join(data, "commands");

/** How long a flush or identify is tried. */
const onceMs = 600_000;

/** Commands of a device at a time. */
const deviceLimit = 16;

const isAbsent = (thrown: unknown): boolean => (thrown as NodeJS.ErrnoException).code === "ENOENT";

const isTaken = (thrown: unknown): boolean => (thrown as NodeJS.ErrnoException).code === "EEXIST";

/** Names of the files; none where there is no folder. */
export const commandNames = async (directory: string): Promise<string[]> => {
  const names = await readdir(directory).catch((thrown: unknown) => {
    if (isAbsent(thrown)) return [];
    throw thrown;
  });
  return names.filter((name) => name.endsWith(".json")).sort();
};

const nameOf = ({ device, id }: Pick<HeldCommand, "device" | "id">): string =>
  `${device}@${id}.json`;

/** Null for one that has gone. Rejects with `COMMAND_UNREADABLE`. */
export const readCommand = async (directory: string, name: string): Promise<HeldCommand | null> => {
  const path = join(directory, name);
  try {
    const held = parseHeld(await readFile(path, "utf8"), path);
    if (nameOf(held) === name) return held;
  } catch (cause) {
    if (isAbsent(cause)) return null;
    if (cause instanceof AgentError) throw cause;
    const message = `Cannot read command "${path}": ${messageOf(cause)}`;
    throw new AgentError("COMMAND_UNREADABLE", message, { cause });
  }
  const message = `Cannot use command "${path}": its name is not that of its device and id`;
  throw new AgentError("COMMAND_UNREADABLE", message);
};

export const forgetCommand = async (directory: string, held: HeldCommand): Promise<void> => {
  await unlink(join(directory, nameOf(held))).catch((thrown: unknown) => {
    if (!isAbsent(thrown)) throw thrown;
  });
};

/** The later of each key of a device alone, by device and id. */
export const latest = (commands: readonly HeldCommand[]): HeldCommand[] => {
  const keyIn = ({ device, want }: HeldCommand): string => `${device} ${keyOf(want)}`;
  const sorted = [...commands].sort(
    (left, right) => left.device.localeCompare(right.device) || left.id - right.id,
  );
  const last = new Map(sorted.map((held) => [keyIn(held), held]));
  return sorted.filter((held) => last.get(keyIn(held)) === held);
};

const namesOf = async (directory: string, device: string | undefined): Promise<string[]> => {
  const names = await commandNames(directory);
  return device === undefined ? names : names.filter((name) => name.startsWith(`${device}@`));
};

/** What is held of one device, or of all; what was replaced or is over is left out. */
export const listCommands = async (
  directory: string,
  nowMs: number,
  device?: string,
): Promise<HeldCommand[]> => {
  const names = await namesOf(directory, device);
  const read = await Promise.all(names.map((name) => readCommand(directory, name)));
  return latest(read.filter((held) => held !== null)).filter((held) => isLive(held, nowMs));
};

/** Answers false where the id is taken. */
const writeNew = async (directory: string, held: HeldCommand): Promise<boolean> => {
  const path = join(directory, nameOf(held));
  const unfinished = `${path}.${randomUUID()}.part`;
  await writeFile(unfinished, `${JSON.stringify(held)}\n`);
  try {
    await link(unfinished, path);
    return true;
  } catch (thrown) {
    if (isTaken(thrown)) return false;
    throw thrown;
  } finally {
    await unlink(unfinished);
  }
};

const lastId = async (directory: string, device: string): Promise<number> =>
  (await namesOf(directory, device)).reduce(
    (last, name) => Math.max(last, Number.parseInt(name.slice(device.length + 1), 10) || 0),
    0,
  );

/** Rejects with `COMMANDS_FULL` where there is no place for one more. */
const checkRoom = (device: string, others: readonly HeldCommand[], want: CommandInput): void => {
  const tags = [want, ...others.map((held) => held.want)].filter(
    (one) => one.kind === "level" && one.tag && one.level !== null,
  ).length;
  const full =
    tags > commandedTags
      ? `the levels of ${commandedTags} tags`
      : others.length >= deviceLimit
        ? `${deviceLimit} commands`
        : null;
  if (full === null) return;
  const message = `Cannot command device "${device}": ${full} are held already, clear them first`;
  throw new AgentError("COMMANDS_FULL", message);
};

/**
 * Holds a command, and lets go of what it replaces. Rejects with `COMMAND_INVALID`,
 * `COMMANDS_FULL` or `COMMAND_UNREADABLE`.
 */
export const holdCommand = async (
  directory: string,
  device: string,
  given: CommandInput,
  nowMs: number,
): Promise<HeldCommand> => {
  const want = checkCommand(device, given);
  await mkdir(directory, { recursive: true });
  const before = await listCommands(directory, nowMs, device);
  const replaced = before.filter((held) => keyOf(held.want) === keyOf(want));
  checkRoom(
    device,
    before.filter((held) => !replaced.includes(held)),
    want,
  );
  const forMs = want.forMs ?? (want.kind === "flush" || want.kind === "identify" ? onceMs : null);
  const expiresMs = forMs === null ? null : Math.floor(nowMs) + forMs;
  for (;;) {
    // Wall-clock time, so that ids go on rising after all files have gone.
    const id = Math.max(Math.floor(nowMs), (await lastId(directory, device)) + 1);
    const held = { device, id, want, expiresMs };
    if (!(await writeNew(directory, held))) continue;
    // Another process may have been faster with a higher id: ids must come in their order.
    if ((await lastId(directory, device)) === id) {
      for (const old of replaced) await forgetCommand(directory, old);
      return held;
    }
    await forgetCommand(directory, held);
  }
};

/** What undoes a command; null for what cannot be undone. */
const ownOf = (want: CommandInput, forMs: number | undefined): CommandInput | null => {
  if (want.kind === "level") return { ...want, level: null, forMs };
  return want.kind === "budget" ? { ...want, bytesADay: null, forMs } : null;
};

/** Lets the device's own levels and budget be again, and forgets the rest; how many were held. */
export const clearCommands = async (
  directory: string,
  device: string,
  nowMs: number,
): Promise<number> => {
  const before = await listCommands(directory, nowMs, device);
  for (const held of before) {
    const { want, expiresMs } = held;
    const forMs = expiresMs === null ? undefined : Math.ceil(expiresMs - nowMs);
    const own = ownOf(want, forMs);
    if (own === null) await forgetCommand(directory, held);
    else if (!isOnce(want)) await holdCommand(directory, device, own, nowMs);
  }
  return before.length;
};
