import { pbkdf2, timingSafeEqual } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { promisify } from "node:util";
import { AgentError, messageOf } from "../../errors.ts";
import type { Time } from "../../time.ts";

/** Which devices a connection may speak for. */
export type Grant = (device: string) => boolean;

/** Who may connect to the embedded broker, and what they may say. */
export interface Credentials {
  /** What the name may speak for; null where it is not known, or the password is wrong. */
  check(name: string | undefined, password: Uint8Array | undefined): Promise<Grant | null>;
}

export interface CredentialsOptions {
  /** File of a line `name:$7$iterations$salt$hash` for each name, as `mosquitto_passwd` writes it. */
  path: string;
  time: Time;
  onTrouble(message: string): void;
}

interface Entry {
  iterations: number;
  salt: Buffer;
  hash: Buffer;
}

type Entries = ReadonlyMap<string, Entry>;

const derive = promisify(pbkdf2);

/** At most so long ago the file was looked at when a client is judged by it. */
const lookPauseMs = 1_000;

const linePattern = /^([^:]+):\$7\$([1-9][0-9]{0,6})\$([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+)$/;

const parse = (path: string, text: string): Entries => {
  const entries = new Map<string, Entry>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [, name, iterations, salt, hash] = linePattern.exec(line) ?? [];
    if (name === undefined || salt === undefined || hash === undefined) {
      throw new Error(
        `line ${index + 1} of "${path}" is no name with a PBKDF2-SHA512 hash, make it with mosquitto_passwd`,
      );
    }
    entries.set(name, {
      iterations: Number(iterations),
      salt: Buffer.from(salt, "base64"),
      hash: Buffer.from(hash, "base64"),
    });
  }
  return entries;
};

/** A name is a device's id, or stands for many with `*` for any characters. */
const grantOf = (name: string): Grant => {
  if (!name.includes("*")) return (device) => device === name;
  const literals = name.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  const pattern = new RegExp(`^${literals.join(".*")}$`);
  return (device) => pattern.test(device);
};

const isMatch = async (
  { hash, iterations, salt }: Entry,
  password: Uint8Array,
): Promise<boolean> => {
  const derived = await derive(password, salt, iterations, hash.length, "sha512");
  return timingSafeEqual(derived, hash);
};

/**
 * The names and hashes of a file, read again when it has changed. A file that cannot be read any more
 * changes nothing. Rejects with `PASSWORDS_UNREADABLE` where it cannot be read at the start.
 */
export const createCredentials = async (options: CredentialsOptions): Promise<Credentials> => {
  const { path, time, onTrouble } = options;
  let entries: Entries = new Map();
  let version = "";
  let lookedMs = time.monotonicMs();
  /** Hashes are made one at a time: however many try, the disk has the other threads. */
  let turn: Promise<unknown> = Promise.resolve();

  const load = async (): Promise<void> => {
    const { mtimeMs, size } = await stat(path);
    const found = `${mtimeMs} ${size}`;
    if (found === version) return;
    entries = parse(path, await readFile(path, "utf8"));
    version = found;
  };
  const look = async (): Promise<void> => {
    if (time.monotonicMs() - lookedMs < lookPauseMs) return;
    lookedMs = time.monotonicMs();
    await load().catch((cause: unknown) => {
      onTrouble(`Cannot read passwords again: ${messageOf(cause)}; those read before stay`);
    });
  };
  const judge = async (name: string, password: Uint8Array): Promise<Grant | null> => {
    await look();
    const entry = entries.get(name);
    return entry !== undefined && (await isMatch(entry, password)) ? grantOf(name) : null;
  };
  await load().catch((cause: unknown) => {
    throw new AgentError("PASSWORDS_UNREADABLE", `Cannot read passwords: ${messageOf(cause)}`, {
      cause,
    });
  });
  return {
    async check(name, password) {
      if (name === undefined || password === undefined) return null;
      const judged = turn.then(() => judge(name, password));
      turn = judged.catch(() => {});
      return judged;
    },
  };
};
