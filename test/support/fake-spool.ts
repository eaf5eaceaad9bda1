import { createKeyedSpool } from "../../agent/spool/keyed-spool.ts";
import type { KeyedStore } from "../../agent/spool/keyed-store.ts";
import type { Spool, SpoolLimits } from "../../agent/spool/spool.ts";

/** What outlives a fake spool: all that was written. */
export type FakeDisk = Map<string, Uint8Array>;

/** A disk that takes its time, or fails, as the test wants. */
export interface FakeSpool {
  spool: Spool;
  /** Writes wait from now on. */
  hold(): void;
  /** Lets what waits be written, and all that follows. */
  release(): void;
  /** The write that waits, or else the next, fails. */
  fail(): void;
  /** The disk as a power cut leaves it: without what was written since the last sync. */
  diskAfterPowerCut(): FakeDisk;
}

export const anyLimits: SpoolLimits = {
  limitBytes: 1_048_576,
  laneShare: 0.5,
  limitDevices: 1_000,
  limitDeadLetters: 100,
  onEvicted() {},
};

interface Gate {
  opened: Promise<void>;
  open(): void;
}

const createGate = (): Gate => {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
};

/** A spool in memory. */
export const fakeSpool = async (
  limits: Partial<SpoolLimits> = {},
  disk: FakeDisk = new Map(),
): Promise<FakeSpool> => {
  let gate = createGate();
  let isFailing = false;
  let syncedDisk = new Map(disk);
  gate.open();
  const store: KeyedStore = {
    get: async (key) => disk.get(key),
    async keys({ gte, lt, limit, reverse }) {
      const keys = [...disk.keys()].filter((key) => key >= gte && key < lt).sort();
      return (reverse ? keys.reverse() : keys).slice(0, limit);
    },
    async *entries(range) {
      for (const key of await store.keys(range)) yield [key, disk.get(key) as Uint8Array];
    },
    async write(changes, isSynced) {
      await gate.opened;
      if (isFailing) throw new Error("the disk is gone");
      for (const change of changes) {
        if (change.type === "put") disk.set(change.key, Buffer.from(change.value));
        else disk.delete(change.key);
      }
      if (isSynced) syncedDisk = new Map(disk);
    },
    close: async () => {},
  };
  const spool = await createKeyedSpool(store, { ...anyLimits, ...limits });
  return {
    spool,
    hold() {
      gate = createGate();
    },
    release: () => gate.open(),
    fail() {
      isFailing = true;
      gate.open();
    },
    diskAfterPowerCut: () => new Map(syncedDisk),
  };
};
