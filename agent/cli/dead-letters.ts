import { access } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import { AWSCloudWatchLogs } from "../cloudwatch/client.ts";
import { readSettings } from "../config.ts";
import { createStampWindow } from "../delivery/batch/stamp-window.ts";
import { type Resent, resend } from "../delivery/resend.ts";
import { AgentError } from "../errors.ts";
import type { Settings } from "../settings.ts";
import { createLevelSpool } from "../spool/level/level-spool.ts";
import type { Spool, StoredLetter } from "../spool/spool.ts";

type Write = (line: string) => void;

/** What a subcommand works with. */
interface Desk {
  settings: Settings;
  spool: Spool;
  write: Write;
}

/** What is wrong with the store goes where errors go: standard output is for letters. */
const onTrouble = (message: string): void => {
  process.stderr.write(`${message}\n`);
};

const openSpool = async ({ data, spool }: Settings): Promise<Spool> => {
  const directory = join(data, "spool");
  await access(directory).catch((cause: unknown) => {
    const message = `Cannot find dead letters: there is no spool in "${data}", check "data" in the settings`;
    throw new AgentError("SPOOL_ABSENT", message, { cause });
  });
  const options = { directory, ...spool, onTrouble, onEvicted: () => {} };
  return createLevelSpool(options).catch((cause: unknown) => {
    if (!(cause instanceof AgentError) || cause.code !== "SPOOL_LOCKED") throw cause;
    const message = `Cannot open the dead letters in "${data}": the agent is running on them, stop it first`;
    throw new AgentError(cause.code, message, { cause });
  });
};

/** Opens the store, which only one process can, for as long as `use` takes. */
const atDesk = async (
  config: string,
  write: Write,
  use: (desk: Desk) => Promise<void>,
): Promise<void> => {
  const settings = await readSettings(config);
  const spool = await openSpool(settings);
  try {
    await use({ settings, spool, write });
  } finally {
    await spool.close();
  }
};

const sizeOf = ({ content }: StoredLetter): string =>
  Array.isArray(content)
    ? `${content.length} event${content.length === 1 ? "" : "s"}`
    : `${Buffer.byteLength(content.base64, "base64")} bytes`;

const list = async ({ spool, write }: Desk): Promise<void> => {
  const letters = await spool.deadLetters();
  if (letters.length === 0) write("No dead letters.");
  for (const letter of letters) {
    const time = new Date(letter.epochMs).toISOString();
    write([letter.id, time, letter.device, sizeOf(letter), letter.reason].join("\t"));
  }
};

/** The letters that are meant. Rejects with `LETTER_UNKNOWN`. */
const choose = async ({ spool }: Desk, id: string): Promise<StoredLetter[]> => {
  const letters = await spool.deadLetters();
  const chosen = id === "all" ? letters : letters.filter((letter) => letter.id === id);
  if (chosen.length > 0 || id === "all") return chosen;
  throw new AgentError(
    "LETTER_UNKNOWN",
    `Cannot find dead letter "${id}": "fleetlog dead-letters list" shows which there are`,
  );
};

const show = async (desk: Desk, id: string): Promise<void> => {
  for (const letter of await choose(desk, id)) desk.write(JSON.stringify(letter, null, 2));
};

const drop = async (desk: Desk, id: string): Promise<void> => {
  const letters = await choose(desk, id);
  await desk.spool.dropLetters(letters.map((letter) => letter.id));
  desk.write(`Dropped ${letters.length}.`);
};

const retryOne = async (
  { spool, write }: Desk,
  letter: StoredLetter,
  client: AWSCloudWatchLogs,
) => {
  const window = createStampWindow(() => Date.now() + (client.clockOffsetMs() ?? 0));
  const range = window.range(letter.target?.group ?? "");
  const resent = await resend(letter, client, range);
  const { accepted, rest, verdict } = resent;
  if (accepted > 0) await forget(spool, letter, resent);
  if (accepted > 0 && rest.length === 0) {
    write(`${letter.id}: delivered, ${sizeOf(letter)}`);
    return;
  }
  process.exitCode = 1;
  const fate =
    verdict.verdict === "unknown"
      ? "may have been delivered, look before you try again"
      : "not delivered";
  write(`${letter.id}: ${fate}: ${verdict.reason}; ${accepted > 0 ? "the rest" : "it"} is kept`);
};

/** What was accepted must not be sent again: the rest becomes a letter of its own first. */
const forget = async (spool: Spool, letter: StoredLetter, { rest }: Resent): Promise<void> => {
  const { id, ...whole } = letter;
  if (rest.length > 0) await spool.bury({ ...whole, content: rest });
  await spool.dropLetters([id]);
};

const retry = async (desk: Desk, id: string): Promise<void> => {
  const { region, endpoint, gzip } = desk.settings.cloudwatch;
  const letters = await choose(desk, id);
  const client = new AWSCloudWatchLogs(region, undefined, undefined, { endpoint, gzip });
  try {
    for (const letter of letters) await retryOne(desk, letter, client);
  } finally {
    await client.close();
  }
};

const help = `
Dead letters are in the store of the agent, which one process can open: stop the agent first.
"retry" sends events again with the nearest stamp CloudWatch takes, and drops a letter only once
that is accepted. Credentials and Region are found as "fleetlog start" finds them.`;

/** `fleetlog dead-letters list | show <id> | retry <id|all> | drop <id|all>` */
export const deadLettersCommand = (
  write: Write = (line) => process.stdout.write(`${line}\n`),
): Command => {
  const command = new Command("dead-letters")
    .description("what could never be delivered, and why")
    .addHelpText("after", help);
  const add = (
    usage: string,
    description: string,
    run: (desk: Desk, id: string) => Promise<void>,
  ): void => {
    command
      .command(usage)
      .description(description)
      .requiredOption("--config <file>", "settings, in TOML")
      .action(async (...given: unknown[]) => {
        const id = typeof given[0] === "string" ? given[0] : "all";
        const flags = given.find((value) => typeof value === "object") as { config: string };
        await atDesk(flags.config, write, (desk) => run(desk, id));
      });
  };
  add("list", "one line for each: id, time, device, size, reason", list);
  add("show <id>", "a letter with all it holds, as JSON", show);
  add("retry <id>", 'send the events of a letter again, or of "all"', retry);
  add("drop <id>", 'forget a letter, or "all"', drop);
  return command;
};
