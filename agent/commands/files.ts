import { messageOf } from "../errors.ts";
import type { HeldCommand } from "./command.ts";
import { commandNames, readCommand } from "./folder.ts";

/** Files that are read; the others are told as trouble. */
const filesLimit = 10_000;

/** The files of the folder as the last look saw them. */
export interface CommandFiles {
  /** What the folder has now; where it cannot be read, what it had last. */
  read(): Promise<HeldCommand[]>;
}

export const createCommandFiles = (
  directory: string,
  onTrouble: (message: string) => void,
): CommandFiles => {
  /** By file name; null of one that cannot be used. */
  const known = new Map<string, HeldCommand | null>();
  let lastFault = "";
  let reading: Promise<void> | null = null;
  const tellOnce = (fault: string): void => {
    if (fault !== lastFault && fault !== "") onTrouble(fault);
    lastFault = fault;
  };
  const readOne = async (name: string): Promise<void> => {
    try {
      const held = await readCommand(directory, name);
      if (held !== null) known.set(name, held);
    } catch (thrown) {
      known.set(name, null);
      onTrouble(messageOf(thrown));
    }
  };
  const update = async (): Promise<void> => {
    const names = await commandNames(directory).catch((thrown: unknown) => {
      tellOnce(`Cannot look for commands in "${directory}": ${messageOf(thrown)}`);
      return null;
    });
    if (names === null) return;
    const isTooMuch = names.length > filesLimit;
    const fault = `Cannot hold more than ${filesLimit} commands: clear some in "${directory}"`;
    tellOnce(isTooMuch ? fault : "");
    const seen = new Set(names.slice(0, filesLimit));
    for (const name of known.keys()) if (!seen.has(name)) known.delete(name);
    for (const name of seen) if (!known.has(name)) await readOne(name);
  };
  return {
    async read() {
      reading ??= update().finally(() => {
        reading = null;
      });
      await reading;
      return [...known.values()].filter((held) => held !== null);
    },
  };
};
