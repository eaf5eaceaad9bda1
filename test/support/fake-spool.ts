import { createKeyedSpool } from "../../agent/spool/keyed-spool.ts";
import type { KeyedStore } from "../../agent/spool/keyed-store.ts";
import type { Spool, SpoolLimits } from "../../agent/spool/spool.ts";
import { type FakeDisk, fakeStore } from "./fake-store.ts";

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
  const { store: memory } = fakeStore(disk);
  const store: KeyedStore = {
    ...memory,
    async write(changes, isSynced) {
      await gate.opened;
      if (isFailing) throw new Error("the disk is gone");
      await memory.write(changes, isSynced);
      if (isSynced) syncedDisk = new Map(disk);
    },
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
