import type { Change } from "./group-commit.ts";
import type { KeyRange } from "./keys.ts";

/** A store of bytes by key, in the order of the keys. */
export interface KeyedStore {
  get(key: string): Promise<Uint8Array | undefined>;
  /** Frames are not to be had at once. */
  readonly areFramesFar?: true;
  /** At once, for a few keys: a turn of a thread takes 0.2 ms of processor time, the read 0.006. */
  getSync(key: string): Uint8Array | undefined;
  keys(range: KeyRange): Promise<string[]>;
  entries(range: KeyRange): AsyncIterable<[string, Uint8Array]>;
  /** How long writes may wait for others that they can be joined with; absent for not at all. */
  readonly gatherMs?: number;
  /** All of the changes or none, synced to disk where `isSynced`. */
  write(changes: Change[], isSynced: boolean): Promise<void>;
  close(): Promise<void>;
}
