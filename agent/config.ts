import { readFile } from "node:fs/promises";
import { parse, TomlError } from "smol-toml";
import { faultsOf } from "./config/fault-lines.ts";
import { settingsSchema } from "./config/schema.ts";
import { AgentError, messageOf } from "./errors.ts";
import type { Settings } from "./settings.ts";

/** Faults that are told one by one. */
const faultsLimit = 50;

/** Completes settings. Throws `CONFIG_INVALID` with a line for every fault; `source` is where they are from. */
export const checkSettings = (input: unknown, source: string): Settings => {
  const checked = settingsSchema.safeParse(input);
  if (checked.success) return checked.data;
  const faults = faultsOf(checked.error, input);
  const more = faults.splice(faultsLimit);
  if (more.length > 0) faults.push(`and ${more.length} more`);
  const lines = faults.map((fault) => `\n  ${fault}`).join("");
  throw new AgentError("CONFIG_INVALID", `Cannot use settings from ${source}:${lines}`);
};

/** What is wrong, and where; without the lines around it, for one may hold a password. */
const placeOf = ({ message, line, column }: TomlError): string =>
  `${message.split("\n")[0]}, line ${line}, column ${column}`;

/** Reads a TOML file. Rejects with `CONFIG_UNREADABLE` or `CONFIG_INVALID`. */
export const readSettings = async (path: string): Promise<Settings> => {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new AgentError(
      "CONFIG_UNREADABLE",
      `Cannot read settings "${path}": ${messageOf(cause)}`,
      {
        cause,
      },
    );
  });
  try {
    // An integer beyond 2^53 - 1 is then a fault of its key.
    return checkSettings(parse(text, { integersAsBigInt: "asNeeded" }), `"${path}"`);
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    throw new AgentError("CONFIG_INVALID", `Cannot read settings "${path}": ${placeOf(cause)}`);
  }
};
