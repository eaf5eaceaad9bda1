import { mkdir } from "node:fs/promises";
import { ClassicLevel } from "classic-level";
import { AgentError, messageOf } from "../errors.ts";
import { systemTime, type Time } from "../time.ts";
import { createFreeSpace, type FreeSpace, type FreeSpaceOptions } from "./free-space.ts";
import type { Change } from "./group-commit.ts";
import { createKeyedSpool } from "./keyed-spool.ts";
import type { KeyedStore } from "./keyed-store.ts";
import { createReclaim, type Reclaim } from "./reclaim.ts";
import type { Spool, SpoolLimits } from "./spool.ts";

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
}

const nothing = (): void => {};

type Store = ClassicLevel<string, Uint8Array>;

/** A spool in one folder of this machine. Rejects with `SPOOL_LOCKED`, `SPOOL_DAMAGED` or `SPOOL_UNUSABLE`. */
export const createLevelSpool = async (options: LevelSpoolOptions): Promise<Spool> => {
  const { directory, time = systemTime, onTrouble = nothing } = options;
  const store: Store = new ClassicLevel(directory, { valueEncoding: "view" });
  let freeSpace: FreeSpace | undefined;
  try {
    await mkdir(directory, { recursive: true });
    freeSpace = await createFreeSpace({ ...options, time, onTrouble });
    await store.open(sizesOf(freeSpace.totalBytes()));
    const spool = await createKeyedSpool(keyedStore(store, freeSpace), options);
    return onDisk(spool, freeSpace, createReclaim(store));
  } catch (cause) {
    freeSpace?.stop();
    await store.close();
    throw openError(directory, cause);
  }
};

/** A small disk has smaller pieces than LevelDB's own 4 and 2 MiB: what is rewritten at once grows with them. */
const sizesOf = (diskBytes: number): { writeBufferSize: number; maxFileSize: number } => {
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

/** What keeps a store from opening, by LevelDB's code. */
const openings: Record<string, Opening> = {
  LEVEL_LOCKED: {
    code: "SPOOL_LOCKED",
    advice: 'another agent holds it, stop that agent or set another "data"',
  },
  LEVEL_IO_ERROR: {
    code: "SPOOL_UNUSABLE",
    advice: 'make room or the folder writable, or set another "data"',
  },
};

const damaged: Opening = {
  code: "SPOOL_DAMAGED",
  advice: "move the folder away to start with an empty one",
};

const openError = (directory: string, thrown: unknown): AgentError => {
  const cause = (thrown as Error).cause ?? thrown;
  const systemCode = (cause as NodeJS.ErrnoException).syscall && "LEVEL_IO_ERROR";
  const { code, advice } =
    openings[systemCode ?? (cause as { code?: string }).code ?? ""] ?? damaged;
  const reason = code === "SPOOL_LOCKED" ? advice : `${messageOf(cause)}, ${advice}`;
  return new AgentError(code, `Cannot open spool "${directory}": ${reason}`, { cause: thrown });
};

const sizeOf = (change: Change): number =>
  change.key.length + (change.type === "put" ? change.value.length : 0);

const keyedStore = (store: Store, freeSpace: Pick<FreeSpace, "noteWritten">): KeyedStore => ({
  get: (key) => store.get(key),
  getSync: (key) => store.getSync(key),
  keys: (range) => store.keys(range).all(),
  entries: (range) => store.iterator(range),
  async write(changes, isSynced) {
    freeSpace.noteWritten(changes.reduce((sum, change) => sum + sizeOf(change), 0));
    try {
      await store.batch(changes, { sync: isSynced });
    } catch (cause) {
      throw new AgentError(
        "SPOOL_FAILED",
        `Cannot write to spool "${store.location}": ${messageOf(cause)}, nothing of this write was acknowledged`,
        { cause },
      );
    }
  },
  close: () => store.close(),
});
