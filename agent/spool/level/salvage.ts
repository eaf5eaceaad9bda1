import { createSegments } from "../../clock/segments.ts";
import { decodeBoot, encodeBoot } from "../boot-record.ts";
import { put, remove } from "../changes.ts";
import type { Change } from "../group-commit.ts";
import type { Progress } from "../intent.ts";
import type { KeyedStore } from "../keyed-store.ts";
import { bootOwnerOf, definitionKey, devicesKey, laneKey, metaKey, rangeOf } from "../keys.ts";
import { createLetters } from "../letters.ts";
import { newMeta, readMeta } from "../meta.ts";
import { decodeJson } from "../record.ts";
import type { BootOfDevice, BootRecord, HeldDefinition, SpoolLimits } from "../spool.ts";
import { checkedStore, unseal } from "./checked-store.ts";
import { closesOfGaps } from "./salvage-closes.ts";
import { ownerOf, type Reached, salvageFrames, tell } from "./salvage-frames.ts";

/** What a damaged store still had, and what that means. */
export interface Salvaged {
  frames: number;
  /** Records that could not be read and are gone; of frames, are dead letters. */
  records: number;
  /** Seqs that were acknowledged and are in no frame: told to CloudWatch as `agent_state_lost`. */
  lost: number;
  /** Seqs, and notices beside them, that may be delivered although they have been: those that devices may send again too. */
  possiblyDuplicated: number;
}

export interface SalvageOptions {
  /** The store, whose values are read as they are. */
  raw: KeyedStore;
  /** Of dead letters: what remains of frames of which not even the seqs can be told is kept there. */
  limits: Pick<SpoolLimits, "limitDeadLetters" | "onEvicted" | "newStoreId">;
  epochMs(): number;
}

/** Changes written at a time. */
const chunk = 1_000;

type Decode<Type> = (value: Uint8Array) => Type;

const decodeSealed = <Type>(key: string, sealed: Uint8Array, decode: Decode<Type>): Type | null => {
  const value = unseal(key, sealed);
  try {
    return value === null ? null : decode(value);
  } catch {
    return null;
  }
};

/** Reads values, and removes those that cannot be read; tells of each of them. */
const createReader = (raw: KeyedStore, write: (changes: Change[]) => Promise<void>) => {
  let removed = 0;
  const values = async function* <Type>(
    prefix: string,
    decode: Decode<Type> = decodeJson,
    onRemoved: (key: string) => void = () => {},
  ): AsyncGenerator<[string, Type]> {
    for await (const [key, sealed] of raw.entries(rangeOf(prefix))) {
      const value = decodeSealed(key, sealed, decode);
      if (value !== null) {
        yield [key, value];
        continue;
      }
      removed++;
      await write([remove(key)]);
      onRemoved(key);
    }
  };
  return { values, removed: () => removed };
};

/** Writes changes many at a time; the last of them when it is told. */
const createChunks = (store: Pick<KeyedStore, "write">) => {
  let changes: Change[] = [];
  const flush = async (): Promise<void> => {
    const all = changes;
    changes = [];
    await store.write(all, true);
  };
  const write = async (more: readonly Change[]): Promise<void> => {
    changes.push(...more);
    if (changes.length >= chunk) await flush();
  };
  return { write, flush };
};

/**
 * Makes a store that opened after damage agree with itself again. What can be read stays, books are made
 * anew from it, calls under way are given up. It gets a new store id: devices then define everything again.
 * Where it is cut off, it does the same once more. Rejects with `SPOOL_FORMAT`.
 */
export const salvage = async (options: SalvageOptions): Promise<Salvaged> => {
  const { raw } = options;
  const checked = checkedStore(raw);
  await checkFormat(raw);
  const { write, flush } = createChunks(checked);
  const { values, removed } = createReader(raw, write);
  for await (const _letter of values("d/"));
  for await (const _evicted of values("t/"));
  await flush();
  const keepDamaged = await openLetters(checked, options);
  const reached = new Map<string, Reached>();
  for await (const [, done] of values<Progress>("p/")) {
    const next = Math.max(done.next, reached.get(ownerOf(done))?.next ?? 0);
    reached.set(ownerOf(done), { next, end: 0 });
  }
  const { lanes, toTell, counts } = await salvageFrames(raw, reached, { keepDamaged, write });
  const orders = new Map<string, number>();
  const behind = (device: string): number => (orders.get(device) ?? 0) + 1;
  const keep = (key: string, record: BootRecord): Promise<void> => {
    orders.set(record.device, Math.max(record.order, orders.get(record.device) ?? 0));
    const boot = mended(record, reached.get(ownerOf(record)));
    counts.possiblyDuplicated += Math.max(0, (boot.storedTo ?? 0) - boot.cursor);
    if (boot.cursor < (boot.storedTo ?? 0)) cut.push([key, boot]);
    return putBoot(key, boot);
  };
  const putBoot = (key: string, boot: BootRecord): Promise<void> =>
    write([{ type: "put", key, value: encodeBoot(boot) }]);
  const cut: [key: string, BootRecord][] = [];
  const unreadable: string[] = [];
  const noteKey = (key: string): number => unreadable.push(key);
  for await (const [key, record] of values("b/", decodeBoot, noteKey)) await keep(key, record);
  // Others have told that they are over, but not without what is missing: so they count as unknown ones do.
  for (const [key, boot] of cut) {
    const order = behind(boot.device);
    if (boot.order === order - 1) continue;
    orders.set(boot.device, order);
    await putBoot(key, { ...boot, order, isLate: true });
  }
  for (const key of unreadable) {
    const owner = bootOwnerOf(key);
    if (owner !== null) await keep(key, unknownBoot(owner, behind(owner.device)));
  }
  await flush();
  const closed = await closesOfGaps(
    checked,
    toTell.flatMap(({ gap }) => gap ?? []),
  );
  for (const told of toTell) {
    const closes = (told.gap && closed.get(told.gap)) ?? [];
    counts.possiblyDuplicated += closes.length;
    await write([await tell(raw, lanes, told, closes)]);
  }
  await write([...(await raw.keys(rangeOf("l/"))), ...(await raw.keys(rangeOf("i/")))].map(remove));
  await write([...lanes].map(([name, lane]) => put(laneKey(name), lane)));
  await mendDefinitions(values, write);
  await write([put(devicesKey, orders.size), put(metaKey, newMeta(options.limits.newStoreId))]);
  await flush();
  return { ...counts, records: counts.records + removed() };
};

/** Once all of them can be read. */
const openLetters = async (
  store: KeyedStore,
  { limits: { limitDeadLetters: limit, onEvicted }, epochMs }: SalvageOptions,
): Promise<(bytes: Uint8Array) => Change[]> => {
  const letters = await createLetters({ store, limit, onEvicted });
  return (bytes) =>
    letters.add({
      device: "unknown",
      reason: "its record changed on the agent's disk",
      epochMs: Math.floor(epochMs()),
      content: { base64: Buffer.from(bytes).toString("base64") },
    });
};

/** A store of another version is not damaged, but not ours to mend either. */
const checkFormat = (raw: KeyedStore): Promise<unknown> =>
  readMeta(raw).catch((cause: unknown) => {
    if ((cause as { code?: string }).code !== "SPOOL_DAMAGED") throw cause;
  });

/**
 * A boot goes on where its frames end: what was acknowledged beyond is counted as `agent_state_lost` by
 * the next frame, or comes again and then counts as possibly doubled. Where its last frames are missing it
 * is open again. No definitions are claimed, so that the device sends all of them.
 */
const mended = (
  { storedTo = 0, ...record }: BootRecord,
  reached: Reached | undefined,
): BootRecord => {
  const cursor = Math.max(reached?.next ?? 0, reached?.end ?? 0);
  const before = Math.max(record.cursor, storedTo);
  const cut = before > cursor ? { storedTo: before, isEnded: false } : {};
  return { ...record, cursor, definitions: 0, ...cut };
};

/**
 * A boot of which there is no more than its name. It counts as the last one, and as open: so it is told of
 * when another begins, or returns an ack. But as late: it shows of none before it that it is over. Ids of
 * acks go on above whatever the device returns.
 */
const unknownBoot = ({ device, boot }: BootOfDevice, order: number): BootRecord => {
  const clock = { ackCeiling: 1, segments: createSegments().copies() };
  return { device, boot, cursor: 0, definitions: 0, order, isEnded: false, isLate: true, clock };
};

const mendDefinitions = async (
  values: ReturnType<typeof createReader>["values"],
  write: (changes: Change[]) => Promise<void>,
): Promise<void> => {
  const meanings = new Set<string>();
  for await (const [key] of values("n/")) meanings.add(key);
  for await (const [key, held] of values<HeldDefinition[]>("h/")) {
    const owner = key.slice(2);
    await write([
      put(
        key,
        held.filter(([number]) => meanings.has(definitionKey(owner, number))),
      ),
    ]);
  }
};
