import { Command } from "commander";
import { commandText } from "../../shared/command-event.ts";
import { type CommandInput, type HeldCommand, wireOf } from "../commands/command.ts";
import { clearCommands, commandFolder, holdCommand, listCommands } from "../commands/folder.ts";
import { readSettings } from "../config.ts";
import { AgentError } from "../errors.ts";
import { parseDuration } from "./duration.ts";

type Write = (line: string) => void;

interface CommandFlags {
  config: string;
  tag?: string;
  for?: number;
}

const refuse = (reason: string): never => {
  throw new AgentError("COMMAND_INVALID", `Cannot command: ${reason}`);
};

const ownWord = "program";

const levelOf = (value: string | undefined, { tag, for: forMs }: CommandFlags): CommandInput => {
  const levels = ["debug", "info", "warn", "error", "fatal"] as const;
  if (value === ownWord) return { kind: "level", level: null, tag, forMs };
  const level = levels.find((one) => one === value);
  if (level !== undefined) return { kind: "level", level, tag, forMs };
  return refuse(
    `a level is one of ${levels.join(", ")}, or "${ownWord}" for its own, not "${value ?? ""}"`,
  );
};

const budgetOf = (value: string | undefined, { for: forMs }: CommandFlags): CommandInput => {
  if (value === ownWord) return { kind: "budget", bytesADay: null, forMs };
  if (value !== undefined && /^\d{1,12}$/.test(value)) {
    return { kind: "budget", bytesADay: Number(value), forMs };
  }
  return refuse(`a budget is bytes a day, or "${ownWord}" for its own, not "${value ?? ""}"`);
};

const wantOf = (what: string, value: string | undefined, flags: CommandFlags): CommandInput => {
  if (what !== "level" && flags.tag !== undefined) refuse(`"${what}" has no tag`);
  if (what === "level") return levelOf(value, flags);
  if (what === "budget") return budgetOf(value, flags);
  if (what !== "flush" && what !== "identify") {
    return refuse(`"${what}" is none of level, budget, flush, identify, list, clear`);
  }
  if (value !== undefined) refuse(`"${what}" takes no value, not "${value}"`);
  return { kind: what, forMs: flags.for };
};

const lineOf = (held: HeldCommand): string => {
  const { device, id, expiresMs } = held;
  const until = expiresMs === null ? "done or cleared" : new Date(expiresMs).toISOString();
  const text = commandText({ ...wireOf(held, 0), remainingMs: 0 });
  return [device, id, text, `until ${until}`].join("\t");
};

const list = async (directory: string, write: Write, device?: string): Promise<void> => {
  const held = await listCommands(directory, Date.now(), device);
  if (held.length === 0) write("No commands.");
  for (const one of held) write(lineOf(one));
};

const help = `
  fleetlog command pump-7 level debug --tag wifi --for 10m --config fleetlog.toml
  fleetlog command pump-7 level ${ownWord} --config fleetlog.toml     its own level again
  fleetlog command pump-7 budget 64000 --config fleetlog.toml    bytes of flash a day
  fleetlog command pump-7 flush|identify|list|clear --config fleetlog.toml
  fleetlog command list --config fleetlog.toml                   of all devices

The agent may run or not: it tells the device as soon as it can, and each boot anew what remains of a
level's time. Without --for a level or budget holds until it is cleared, and flush and identify are
tried for 10 minutes. What a device has done it logs, with the tag "fleetlog".`;

/** `fleetlog command <device> level|budget|flush|identify|list|clear [value]` */
export const commandCommand = (
  write: Write = (line) => process.stdout.write(`${line}\n`),
): Command =>
  new Command("command")
    .description("what a device shall do: another level, flush, identify")
    .argument("<device>", 'id of the device; "list" alone for all')
    .argument("[what]", "level, budget, flush, identify, list or clear")
    .argument("[value]", "the level, or the budget")
    .requiredOption("--config <file>", "settings, in TOML")
    .option("--tag <tag>", "the level of this tag alone")
    .option("--for <duration>", "how long, such as 90s, 10m, 2h, 1d", parseDuration)
    .addHelpText("after", help)
    .action(async (device: string, what: string | undefined, value: string | undefined, flags) => {
      const directory = commandFolder((await readSettings(flags.config)).data);
      if (what === undefined && device === "list") return list(directory, write);
      if (what === undefined) return refuse(`say what device "${device}" shall do`);
      if (what === "list") return list(directory, write, device);
      if (what === "clear") {
        write(`Cleared ${await clearCommands(directory, device, Date.now())}.`);
        return;
      }
      const want = wantOf(what, value, flags);
      write(lineOf(await holdCommand(directory, device, want, Date.now())));
    });
