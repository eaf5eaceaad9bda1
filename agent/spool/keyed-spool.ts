import { randomBytes } from "node:crypto";
import { AgentError } from "../errors.ts";
import { appended, type Books, defined, put, remove, settled } from "./changes.ts";
import { createStoredDefinitions } from "./definitions.ts";
import { type Change, createGroupCommit, type GroupCommit } from "./group-commit.ts";
import { decodeIntent, encodeIntent } from "./intent-record.ts";
import type { KeyedStore } from "./keyed-store.ts";
import {
  bootKey,
  bootPrefix,
  devicesKey,
  intentKey,
  laneOf,
  letterIdOf,
  letterKeyOf,
  metaKey,
  progressPrefix,
  rangeOf,
} from "./keys.ts";
import { createLaneFrames } from "./lane-frames.ts";
import { createLaneProgress } from "./lane-progress.ts";
import { createLanes, type Lane } from "./lanes.ts";
import { createLetters } from "./letters.ts";
import { decodeJson } from "./record.ts";
import type {
  BootRecord,
  DeadLetter,
  DeviceChange,
  Intent,
  NewFrame,
  Progress,
  Spool,
  SpoolLimits,
  StoredLetter,
} from "./spool.ts";
import { createStaleRecords } from "./stale-records.ts";

/** What the store says of itself. */
interface Meta {
  format: typeof storeFormat;
  storeId: number;
}

const storeFormat = 2;

/** Lanes in which frames may wait: some 300 bytes of memory each. */
const limitLanes = 100_000;

/** Bytes of frames that may wait for the disk, in memory. */
const unsyncedLimitBytes = 16_777_216;

/** A spool in a store. Reads the books of the lanes, but no frames: it opens in constant time. */
export const createKeyedSpool = async (store: KeyedStore, limits: SpoolLimits): Promise<Spool> => {
  const meta = await readMeta(store);
  const lanes = createLanes({ ...limits, limitLanes });
  for await (const [key, value] of store.entries(rangeOf("l/"))) {
    lanes.restore(laneOf(key), decodeJson<Lane>(value));
  }
  const { limitDeadLetters: limit, onEvicted } = limits;
  const devices = await store.get(devicesKey);
  const stale = await createStaleRecords(store, lanes);
  return keyedSpool({
    store,
    meta,
    lanes,
    frames: createLaneFrames({ store, lanes }),
    progress: createLaneProgress(store),
    limits,
    letters: await createLetters({ store, limit, onEvicted }),
    stale,
    definitions: createStoredDefinitions(store, stale),
    devices: devices === undefined ? 0 : decodeJson<number>(devices),
    group: createGroupCommit(store.write),
    unsyncedBytes: 0,
  });
};

const readMeta = async (store: KeyedStore): Promise<Meta> => {
  const known = await store.get(metaKey);
  if (known === undefined) {
    const meta: Meta = { format: storeFormat, storeId: randomBytes(4).readUInt32LE() };
    await store.write([put(metaKey, meta)], true);
    return meta;
  }
  const meta = decodeJson<Meta>(known);
  if (meta.format === storeFormat) return meta;
  const format = `its format is ${meta.format}, this version reads ${storeFormat}`;
  throw new Error(`${format}; let the version that wrote it deliver what waits`);
};

const intentChange = (intent: Intent): Change => ({
  type: "put",
  key: intentKey(intent.lane),
  value: encodeIntent(intent),
});

interface Parts extends Books {
  store: KeyedStore;
  meta: Meta;
  limits: SpoolLimits;
  group: GroupCommit;
  unsyncedBytes: number;
}

const keyedSpool = (parts: Parts): Spool => {
  const { store, lanes, limits, group, letters } = parts;
  let closing: Promise<void> | undefined;

  const whileOpen = async <Type>(use: () => Promise<Type>): Promise<Type> => {
    if (closing !== undefined) throw closedError();
    return use().catch((cause: unknown) => {
      throw closing === undefined ? cause : closedError(cause);
    });
  };
  const closed = (): Promise<never> => Promise.reject(closedError());
  const list = <Type>(prefix: string): Promise<Type[]> =>
    whileOpen(async () => {
      const values: Type[] = [];
      for await (const [, value] of store.entries(rangeOf(prefix))) values.push(decodeJson(value));
      return values;
    });
  return {
    storeId: parts.meta.storeId,
    async boots(device) {
      await group.synced();
      const records = await list<BootRecord>(bootPrefix(device));
      return records.sort((left, right) => left.order - right.order);
    },
    boot: (device, boot) =>
      whileOpen(async () => {
        await group.synced();
        const record = store.getSync(bootKey(device, boot));
        return record === undefined ? null : decodeJson<BootRecord>(record);
      }),
    hasRoom: (lane, bytes, isNewDevice) =>
      lanes.hasRoom(lane, bytes) &&
      parts.unsyncedBytes + bytes <= unsyncedLimitBytes &&
      (!isNewDevice || parts.devices < limits.limitDevices),
    held: (device, boot) => (closing === undefined ? parts.definitions.held(device, boot) : []),
    lookup: parts.definitions.lookup,
    append: (frame, record, change) =>
      closing === undefined ? append(parts, frame, record, change) : closed(),
    define: (record, change) =>
      closing === undefined ? commit(parts, defined(parts, record, change)) : closed(),
    synced: group.synced,
    bury: (letter) => whileOpen(() => group.commit(letters.add(letter), true)),
    deadLetters: () => whileOpen(() => readLetters(store)),
    dropLetters: (ids) =>
      whileOpen(() =>
        group.commit(
          ids.map((id) => remove(letterKeyOf(id))),
          true,
        ),
      ),
    lanes: lanes.names,
    laneBytes: (lane) => lanes.get(lane).bytes,
    intended: () => whileOpen(async () => (await store.keys(rangeOf("i/"))).map(laneOf)),
    read: (lane, limitBytes) => whileOpen(() => parts.frames.read(lane, limitBytes)),
    progress: (lane) => list<Progress>(progressPrefix(lane)),
    progressOf: (lane, boots) => whileOpen(async () => parts.progress.read(lane, boots)),
    intent: (lane) =>
      whileOpen(async () => {
        const value = await store.get(intentKey(lane));
        return value === undefined ? null : decodeIntent(value);
      }),
    propose: (intent) => whileOpen(() => group.commit([intentChange(intent)], true)),
    settle: (settlement) =>
      whileOpen(() => group.commit(settled(parts, settlement), settlement.deadLetters.length > 0)),
    usage: () => ({ ...lanes.usage(), limitBytes: limits.limitBytes, devices: parts.devices }),
    close() {
      closing ??= group.commit([put(metaKey, parts.meta)], true).finally(() => store.close());
      return closing;
    },
  };
};

const readLetters = async (store: KeyedStore): Promise<StoredLetter[]> => {
  const kept: StoredLetter[] = [];
  for await (const [key, value] of store.entries(rangeOf("d/"))) {
    kept.push({ ...decodeJson<DeadLetter>(value), id: letterIdOf(key) });
  }
  return kept;
};

const closedError = (cause?: unknown): AgentError =>
  new AgentError("SPOOL_CLOSED", "Cannot use the spool: it is closed", { cause });

/** Synced; what is read of definitions until then is what is on its way. */
const commit = ({ group, definitions }: Parts, changes: Change[]): Promise<void> => {
  const done = group.commit(changes, true);
  done.then(
    () => definitions.written(changes),
    () => {},
  );
  return done;
};

const append = (
  parts: Parts,
  frame: NewFrame,
  record: BootRecord,
  change: DeviceChange,
): Promise<void> => {
  const { changes, bytes } = appended(parts, frame, record, change);
  parts.unsyncedBytes += bytes;
  const isWritten = (): void => {
    parts.unsyncedBytes -= bytes;
  };
  const done = commit(parts, changes);
  done.then(isWritten, isWritten);
  return done;
};
