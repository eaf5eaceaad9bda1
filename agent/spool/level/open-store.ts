import { mkdir } from "node:fs/promises";
import { ClassicLevel } from "classic-level";
import { messageOf } from "../../errors.ts";
import { type Examined, examine, forgetDamage, noteDamage, setStoreAside } from "./damage.ts";
import type { Salvaged } from "./salvage.ts";

export type Store = ClassicLevel<string, Uint8Array>;

/** Sizes of LevelDB's pieces, in bytes. */
export interface StoreSizes {
  writeBufferSize: number;
  maxFileSize: number;
}

export interface OpenStoreOptions<Opened> {
  /** Folder of the store; it exists. */
  directory: string;
  sizes: StoreSizes;
  /** Reads the books. */
  use(store: Store): Promise<Opened>;
  /** Makes a store that opened after damage agree with itself. */
  salvage(store: Store): Promise<Salvaged>;
  onSalvaged(salvaged: Salvaged): void;
  onTrouble(message: string): void;
  epochMs(): number;
}

const damageCodes = ["SPOOL_DAMAGED", "INTENT_BROKEN", "LEVEL_CORRUPTION"];

/** What the system says of a file of the store that is gone, or shorter than it was. */
const lackingFile = /: (?:No such file or directory|Invalid argument)$/;

/** Whether an error means that the store is damaged: not in use, of another version or out of room. */
export const isDamage = (thrown: unknown): boolean => {
  const { code = "", cause } = thrown as { code?: string; cause?: unknown };
  if (damageCodes.includes(code)) return true;
  if (code === "LEVEL_IO_ERROR" && lackingFile.test(messageOf(thrown))) return true;
  return cause !== undefined && isDamage(cause);
};

const rootOf = (thrown: unknown): unknown => {
  const { cause } = thrown as { cause?: unknown };
  return cause === undefined ? thrown : rootOf(cause);
};

/**
 * Opens a store. One that is damaged is repaired; where that is not possible it is moved away and an empty
 * one takes its place. Either is told. Rejects with LevelDB's own error where it cannot be opened at all.
 */
export const openStore = async <Opened>(options: OpenStoreOptions<Opened>): Promise<Opened> => {
  const { directory } = options;
  const examined = await examine(directory);
  if (examined.damage !== null) return repaired(options, examined, examined.damage);
  try {
    return await withStore(options, examined, options.use);
  } catch (cause) {
    if (!isDamage(cause)) throw cause;
    return repaired(options, examined, messageOf(rootOf(cause)));
  }
};

/** Opens LevelDB and uses it; closes it where that fails. */
const withStore = async <Result>(
  { directory, sizes }: OpenStoreOptions<unknown>,
  { isNew }: Examined,
  use: (store: Store) => Promise<Result>,
): Promise<Result> => {
  const store: Store = new ClassicLevel(directory, { valueEncoding: "view" });
  try {
    await store.open({ ...sizes, createIfMissing: isNew });
    return await use(store);
  } catch (cause) {
    await store.close();
    throw cause;
  }
};

/** What the system says where the disk, and not what is on it, is to be mended. */
const unusableDisk =
  /No space left|Permission denied|Read-only file system|Too many open files|Input\/output error/;

/** No reason to give up a store: another agent has it, another version wrote it, or the disk fails. */
const isElsewhere = (thrown: unknown): boolean => {
  const { code } = rootOf(thrown) as { code?: string };
  const isUnusable = unusableDisk.test(messageOf(rootOf(thrown)));
  return isUnusable || code === "LEVEL_LOCKED" || code === "SPOOL_FORMAT";
};

const repaired = async <Opened>(
  options: OpenStoreOptions<Opened>,
  examined: Examined,
  damage: string,
): Promise<Opened> => {
  const { directory, onSalvaged, onTrouble } = options;
  const mend = async (store: Store): Promise<Opened> => {
    noteDamage(directory, damage);
    const salvaged = await options.salvage(store);
    await forgetDamage(directory);
    onTrouble(repairMessage(directory, damage, salvaged));
    onSalvaged(salvaged);
    return options.use(store);
  };
  try {
    return await withStore(options, examined, mend);
  } catch (cause) {
    if (isElsewhere(cause)) throw cause;
  }
  try {
    await ClassicLevel.repair(directory);
    return await withStore(options, examined, mend);
  } catch (cause) {
    if (isElsewhere(cause)) throw cause;
    return startAnew(options, `${damage}; ${messageOf(rootOf(cause))}`);
  }
};

const repairMessage = (
  directory: string,
  damage: string,
  { frames, records, lost, possiblyDuplicated }: Salvaged,
): string =>
  `Repaired spool "${directory}", which was damaged: ${damage}; ${frames} frames are left and will be delivered, ${records} records could not be read, ${lost} events are lost and told as such, up to ${possiblyDuplicated} may be delivered twice; devices send their definitions again`;

const startAnew = async <Opened>(
  options: OpenStoreOptions<Opened>,
  damage: string,
): Promise<Opened> => {
  const { directory, onTrouble, epochMs } = options;
  const place = await setStoreAside(directory, epochMs());
  await mkdir(directory, { recursive: true });
  onTrouble(
    `Cannot repair spool "${directory}": ${damage}; it is now "${place}" and what it held is not delivered; an empty spool takes its place, and what devices sent before counts as agent_state_lost`,
  );
  return withStore(options, { isNew: true, damage: null }, options.use);
};
