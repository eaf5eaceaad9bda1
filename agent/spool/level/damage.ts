import { writeFileSync } from "node:fs";
import { readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { damageIn } from "./log-check.ts";

/** Says in the folder of a store that it must be repaired before it is used; LevelDB passes over it. */
const note = "DAMAGED";

/** Notes that the store in this folder is damaged, for the next start. Called as the process ends. */
export const noteDamage = (directory: string, reason: string): void => {
  writeFileSync(join(directory, note), reason);
};

export const forgetDamage = (directory: string): Promise<void> =>
  rm(join(directory, note), { force: true });

/** Whether a name is that of a file with records, or about such files. */
const isOfStore = (name: string): boolean => /^MANIFEST-|\.(?:ldb|sst|log)$/.test(name);

/** What the folder of a store shows before it is opened. */
export interface Examined {
  /** Nothing was stored here. */
  isNew: boolean;
  /** What LevelDB would pass over in silence, or what was noted; null where there is nothing. */
  damage: string | null;
}

export const examine = async (directory: string): Promise<Examined> => {
  const names = (await readdir(directory)).sort();
  const isNew = !names.some(isOfStore);
  if (names.includes(note)) return { isNew, damage: await readFile(join(directory, note), "utf8") };
  if (!isNew && !names.includes("CURRENT")) return { isNew, damage: "its file CURRENT is missing" };
  for (const name of names.filter((each) => each.endsWith(".log"))) {
    const badAt = damageIn(await readFile(join(directory, name)));
    if (badAt !== null) return { isNew, damage: `${name} cannot be read at byte ${badAt}` };
  }
  return { isNew, damage: null };
};

/** Moves the folder of a store away; gives where it is now. */
export const setStoreAside = async (directory: string, epochMs: number): Promise<string> => {
  const stamp = new Date(epochMs).toISOString().replace(/[:.]/g, "-");
  const place = `${directory}.damaged-${stamp}`;
  await rename(directory, place);
  return place;
};
