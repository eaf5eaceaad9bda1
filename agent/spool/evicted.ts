import { put, remove } from "./changes.ts";
import type { Change } from "./group-commit.ts";
import type { KeyedStore } from "./keyed-store.ts";
import { rangeOf } from "./keys.ts";
import { decodeJson } from "./record.ts";

/** Dead letters that gave way: events of letters with events, else letters. */
export interface EvictedCount {
  /** Why they were dead letters. */
  reason: string;
  count: number;
}

/** What gave way of a device's dead letters and was not told yet. Survives a crash. */
export interface Evicted {
  count(device: string, evicted: EvictedCount): Change;
  /** All of a device, to be told with what is stored by the same write; null where there is nothing. */
  take(device: string): { told: EvictedCount[]; change: Change } | null;
}

/** Of devices, since anyone may make them up; more are counted together, under no name. */
const devicesLimit = 10_000;

/** Reasons told apart for each device, and their characters. */
const reasonsLimit = 8;
const reasonCharacters = 200;

const other = "other reasons";

const keyOf = (device: string): string => `t/${device}`;

const add = (counts: EvictedCount[], { reason, count }: EvictedCount): void => {
  const text = reason.slice(0, reasonCharacters);
  const name =
    counts.length < reasonsLimit || counts.some((known) => known.reason === text) ? text : other;
  const known = counts.find((each) => each.reason === name);
  if (known === undefined) counts.push({ reason: name, count });
  else known.count += count;
};

export const createEvicted = async (store: Pick<KeyedStore, "entries">): Promise<Evicted> => {
  const devices = new Map<string, EvictedCount[]>();
  for await (const [key, value] of store.entries(rangeOf(keyOf("")))) {
    devices.set(key.slice(keyOf("").length), decodeJson<EvictedCount[]>(value));
  }
  return {
    count(device, evicted) {
      const name = devices.has(device) || devices.size < devicesLimit ? device : "";
      const counts = devices.get(name) ?? [];
      devices.set(name, counts);
      add(counts, evicted);
      return put(keyOf(name), counts);
    },
    take(device) {
      const told = devices.get(device);
      if (told === undefined) return null;
      devices.delete(device);
      return { told, change: remove(keyOf(device)) };
    },
  };
};
