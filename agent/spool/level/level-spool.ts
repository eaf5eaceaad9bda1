import { mkdir } from "node:fs/promises";
import { AgentError, messageOf } from "../../errors.ts";
import { systemTime, type Time } from "../../time.ts";
import type { Change } from "../group-commit.ts";
import { createKeyedSpool } from "../keyed-spool.ts";
import type { KeyedStore } from "../keyed-store.ts";
import type { Spool, SpoolLimits } from "../spool.ts";
import { checkedStore } from "./checked-store.ts";
import { createFreeSpace, type FreeSpace, type FreeSpaceOptions } from "./free-space.ts";
import { isDamage, openStore, type Store, type StoreSizes } from "./open-store.ts";
import { createReclaim, type Reclaim } from "./reclaim.ts";
import { type Salvaged, salvage } from "./salvage.ts";

export interface LevelSpoolOptions extends SpoolLimits {
  /** Folder of the store, made if absent. */
  directory: string;
  /** Bytes of the disk that frames leave free; see `FreeSpaceOptions`. */
  reserveBytes?: number | undefined;
  /** Asks the disk how much is left; the system by default. */
  ask?: FreeSpaceOptions["ask"];
  time?: Time;
  /** Something the operator should know; the spool goes on. */
  onTrouble?(message: string): void;
  /** A damaged store was repaired. */
  onSalvaged?(salvaged: Salvaged): void;
}

const nothing = (): void => {};

/**
 * A spool in one folder of this machine. One that is damaged is repaired, or moved away where it cannot be.
 * Rejects with `SPOOL_LOCKED`, `SPOOL_FORMAT` or `SPOOL_UNUSABLE`.
 */
export const createLevelSpool = async (options: LevelSpoolOptions): Promise<Spool> => {
  const { directory, time = systemTime, onTrouble = nothing, onSalvaged = nothing } = options;
  let freeSpace: FreeSpace | undefined;
  try {
    await mkdir(directory, { recursive: true });
    const watched = await createFreeSpace({ ...options, time, onTrouble });
    freeSpace = watched;
    return await openStore({
      directory,
      sizes: sizesOf(watched.totalBytes()),
      use: (store) => useStore(store, watched, options),
      salvage: (store) =>
        salvage({ raw: keyedStore(store, watched), limits: options, epochMs: time.epochMs }),
      onSalvaged,
      onTrouble,
      epochMs: time.epochMs,
    });
  } catch (cause) {
    freeSpace?.stop();
    throw openError(directory, cause);
  }
};

const useStore = async (
  store: Store,
  freeSpace: FreeSpace,
  options: LevelSpoolOptions,
): Promise<Spool> => {
  const spool = await createKeyedSpool(checkedStore(keyedStore(store, freeSpace)), options);
  return onDisk(spool, freeSpace, createReclaim(store));
};

/** A small disk has smaller pieces than LevelDB's own 4 and 2 MiB: what is rewritten at once grows with them. */
const sizesOf = (diskBytes: number): StoreSizes => {
  const writeBufferSize = Math.min(4_194_304, Math.max(262_144, Math.floor(diskBytes / 64)));
  return { writeBufferSize, maxFileSize: Math.max(1_048_576, writeBufferSize / 2) };
};

/** The same spool, which has room only as long as the disk has, and gives its space back. */
const onDisk = (spool: Spool, freeSpace: FreeSpace, reclaim: Reclaim): Spool => ({
  ...spool,
  hasRoom: (lane, bytes, isNewDevice) =>
    freeSpace.hasRoom(bytes) && spool.hasRoom(lane, bytes, isNewDevice),
  async settle(settlement) {
    await spool.settle(settlement);
    reclaim.note(settlement.lane, settlement.delivered);
    reclaim.run(spool.usage().bytes, freeSpace.usage().isLow);
  },
  async read(lane, limitBytes) {
    if (freeSpace.usage().isLow) await reclaim.ended();
    return spool.read(lane, limitBytes);
  },
  usage: () => ({ ...spool.usage(), disk: freeSpace.usage() }),
  close() {
    freeSpace.stop();
    return spool.close();
  },
});

interface Opening {
  code: string;
  advice: string;
}

/** What keeps a store from opening, by the code of the error. */
const openings: Record<string, Opening> = {
  LEVEL_LOCKED: {
    code: "SPOOL_LOCKED",
    advice: 'another agent holds it, stop that agent or set another "data"',
  },
  SPOOL_FORMAT: {
    code: "SPOOL_FORMAT",
    advice: 'or set another "data"',
  },
};

const unusable: Opening = {
  code: "SPOOL_UNUSABLE",
  advice: 'make room or the folder writable, or set another "data"',
};

const openError = (directory: string, thrown: unknown): AgentError => {
  const cause = (thrown as Error).cause ?? thrown;
  const { code, advice } = openings[(cause as { code?: string }).code ?? ""] ?? unusable;
  const reason = code === "SPOOL_LOCKED" ? advice : `${messageOf(cause)}, ${advice}`;
  return new AgentError(code, `Cannot open spool "${directory}": ${reason}`, { cause: thrown });
};

const sizeOf = (change: Change): number =>
  change.key.length + (change.type === "put" ? change.value.length : 0);

/** Marks as such what LevelDB found damaged. */
const reading = <Value>(location: string, read: () => Value): Value => {
  try {
    return read();
  } catch (cause) {
    throw readError(location, cause);
  }
};

/** A device waits up to four times as long for its ack; a thousand frames a second take a twentieth of the syncs. */
const gatherMs = 5;

const readError = (location: string, cause: unknown): unknown =>
  isDamage(cause)
    ? new AgentError(
        "SPOOL_DAMAGED",
        `Cannot read spool "${location}": ${messageOf(cause)}; start the agent again to repair it`,
        { cause },
      )
    : cause;

const keyedStore = (store: Store, freeSpace: Pick<FreeSpace, "noteWritten">): KeyedStore => {
  const { location } = store;
  const fail = (cause: unknown): never => {
    throw readError(location, cause);
  };
  return {
    gatherMs,
    get: (key) => store.get(key).catch(fail),
    getSync: (key) => reading(location, () => store.getSync(key)),
    keys: (range) => store.keys(range).all().catch(fail),
    async *entries(range) {
      try {
        yield* store.iterator(range);
      } catch (cause) {
        fail(cause);
      }
    },
    async write(changes, isSynced) {
      freeSpace.noteWritten(changes.reduce((sum, change) => sum + sizeOf(change), 0));
      try {
        // Chained: a list of operations takes three times the processor time, 5 µs more for each.
        const batch = store.batch();
        for (const change of changes) {
          if (change.type === "put") batch.put(change.key, change.value);
          else batch.del(change.key);
        }
        await batch.write({ sync: isSynced });
      } catch (cause) {
        throw new AgentError(
          "SPOOL_FAILED",
          `Cannot write to spool "${location}": ${messageOf(cause)}, nothing of this write was acknowledged`,
          { cause },
        );
      }
    },
    close: () => store.close(),
  };
};
