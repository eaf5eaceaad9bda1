import { type Command, commandKinds } from "./downlink.ts";
import { levels } from "./event.ts";

/*
 * What a device logs of each command that comes, whatever the logger's level: tag `fleetlog`, the
 * command's id and what became of it. At `info`, or at the new level where that shows no `info`.
 */

export const commandFormat = "command %d: %s";

const kindLevel = 0;
const kindBudget = 3;

/** What a command says, for people. */
export const commandText = (command: Command): string => {
  const value = command.value;
  const kind = commandKinds[command.kind];
  let text: string = kind || `kind ${command.kind}`;
  if (command.kind === kindLevel) text += ` ${value > 0 ? levels[value - 1] : "as programmed"}`;
  if (command.kind === kindBudget)
    text += value > 0 ? ` ${value - 1} bytes a day` : " as programmed";
  if (command.tag) text += ` of ${command.tag}`;
  return value > 0 && command.remainingMs > 0 ? `${text} for ${command.remainingMs} ms` : text;
};
