import { AgentError } from "../../agent/errors.ts";
import type { Change } from "../../agent/spool/group-commit.ts";
import type { KeyedStore } from "../../agent/spool/keyed-store.ts";
import type { KeyRange } from "../../agent/spool/keys.ts";
import type { Clockwork } from "./clockwork.ts";
import type { Dice } from "./dice.ts";
import type { Faults } from "./faults.ts";

/** What a store holds. A value is never changed in place. */
export type Contents = ReadonlyMap<string, Uint8Array>;

/**
 * The disk of the agent's machine, with one store on it as LevelDB would keep it: a log of writes, of
 * which a synced one brings all before it to the platter.
 */
export interface Disk {
  /** Opens the store for one process; `isAlive` says whether that still lives. */
  open(isAlive: () => boolean, touch: () => void): KeyedStore;
  /**
   * The process that had the store open is gone. A write under way may have been done; where `isPowerLost`
   * the newest writes that were not synced may be undone.
   */
  crash(isPowerLost: boolean): void;
  contents(): Contents;
  /** Puts this in place of all there is, synced. */
  restore(contents: Contents): void;
  /** Changes a byte of what is stored, but for dead letters; false where that is nothing. */
  damage(): boolean;
  /** The store says of itself that it must be repaired before it is used. */
  isDamaged(): boolean;
  noteDamage(): void;
  noteRepair(): void;
}

export interface DiskOptions {
  clockwork: Clockwork;
  dice: Dice;
  faults: Faults;
}

interface Write {
  changes: readonly Change[];
  isSynced: boolean;
}

type Undo = [key: string, value: Uint8Array | undefined][];

const never = new Promise<never>(() => {});

const failed = (reason: string): AgentError =>
  new AgentError("SPOOL_FAILED", `Cannot write to the simulated disk: ${reason}`);

/** What a step of the disk takes, ms. */
const readMs = [0, 1] as const;
const writeMs = [0.1, 3] as const;
const syncMs = [0.5, 20] as const;
const slowMs = [100, 20_000] as const;

/** Nothing would tell of the events in a dead letter that changed. */
const letterPrefix = "d/";
const framePrefix = "f/";

export const createDisk = ({ clockwork, dice, faults }: DiskOptions): Disk => {
  let held = new Map<string, Uint8Array>();
  /** Of the writes that are not synced, oldest first. */
  let unsynced: Undo[] = [];
  let underWay: Write[] = [];
  let isDamaged = false;

  const apply = ({ changes, isSynced }: Write): void => {
    const undo: Undo = [];
    for (const change of changes) {
      undo.push([change.key, held.get(change.key)]);
      if (change.type === "put") held.set(change.key, new Uint8Array(change.value));
      else held.delete(change.key);
    }
    if (isSynced) unsynced = [];
    else unsynced.push(undo);
  };
  const takeBack = (undo: Undo): void => {
    for (const [key, value] of undo.reverse()) {
      if (value === undefined) held.delete(key);
      else held.set(key, value);
    }
  };
  const keysIn = ({ gte, lt, limit, reverse }: KeyRange): string[] => {
    const keys = [...held.keys()].filter((key) => key >= gte && key < lt).sort();
    if (reverse) keys.reverse();
    return limit === undefined ? keys : keys.slice(0, limit);
  };
  const delayMs = ([least, most]: readonly [number, number]): number =>
    faults.strikes("slowDisk") ? dice.spread(...slowMs) : dice.between(least, most);

  return {
    open(isAlive, touch) {
      /** Resolves as long as the process lives; for a dead one nothing happens any more. */
      const later = <Type>(ms: number, use: () => Type): Promise<Type> => {
        touch();
        return new Promise((resolve, reject) => {
          clockwork.after(ms, () => {
            if (!isAlive()) return;
            try {
              resolve(use());
            } catch (thrown) {
              reject(thrown);
            }
            touch();
          });
        });
      };
      const finish = (write: Write): void => {
        underWay = underWay.filter((other) => other !== write);
        if (faults.strikes("diskFull")) throw failed("no space left on device");
        if (write.isSynced && faults.strikes("failedSync")) {
          if (dice.chance(0.5)) apply({ ...write, isSynced: false });
          throw failed("the sync failed");
        }
        apply(write);
      };
      return {
        get: (key) => later(delayMs(readMs), () => held.get(key)),
        getSync: (key) => held.get(key),
        keys: (range) => later(delayMs(readMs), () => keysIn(range)),
        async *entries(range) {
          const found = await later(delayMs(readMs), () =>
            keysIn(range).map((key): [string, Uint8Array] => [key, held.get(key) as Uint8Array]),
          );
          yield* found;
        },
        write(changes, isSynced) {
          if (!isAlive()) return never;
          const write = { changes: changes.slice(), isSynced };
          underWay.push(write);
          return later(delayMs(isSynced ? syncMs : writeMs), () => finish(write));
        },
        close: () => later(0, () => {}),
      };
    },
    crash(isPowerLost) {
      for (const write of underWay) {
        if (dice.chance(0.5)) break;
        apply({ ...write, isSynced: false });
      }
      underWay = [];
      if (!isPowerLost) return;
      const lost = unsynced.splice(dice.below(unsynced.length + 1));
      if (lost.length > 0) faults.note("tornWrite");
      for (const undo of lost.reverse()) takeBack(undo);
      unsynced = [];
    },
    contents: () => new Map(held),
    restore(contents) {
      held = new Map(contents);
      isDamaged = false;
      unsynced = [];
      underWay = [];
    },
    damage() {
      const isWorth = (key: string): boolean =>
        !key.startsWith(letterPrefix) && held.get(key)?.length !== 0;
      const keys = [...held.keys()].filter(isWorth).sort();
      if (keys.length === 0) return false;
      const frames = keys.filter((key) => key.startsWith(framePrefix));
      const key = dice.pick(frames.length > 0 && dice.chance(0.7) ? frames : keys);
      const value = new Uint8Array(held.get(key) as Uint8Array);
      const place = dice.below(value.length);
      value[place] = ((value[place] as number) + 1 + dice.below(255)) % 256;
      held.set(key, value);
      return true;
    },
    isDamaged: () => isDamaged,
    noteDamage() {
      isDamaged = true;
    },
    noteRepair() {
      isDamaged = false;
    },
  };
};
