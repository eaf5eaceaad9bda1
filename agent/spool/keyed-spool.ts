import { AgentError } from "../errors.ts";
import { asideLane, baseLane } from "./aside.ts";
import { decodeBoot } from "./boot-record.ts";
import {
  appended,
  type Books,
  type Changes,
  defined,
  movedAside,
  put,
  settled,
} from "./changes.ts";
import { createStoredDefinitions } from "./definitions.ts";
import { type Change, createGroupCommit, type GroupCommit } from "./group-commit.ts";
import type { Intent, Progress } from "./intent.ts";
import { decodeIntent, encodeIntent } from "./intent-record.ts";
import type { KeyedStore } from "./keyed-store.ts";
import {
  bootKey,
  bootPrefix,
  devicesKey,
  intentKey,
  laneOf,
  letterIdOf,
  metaKey,
  progressPrefix,
  rangeOf,
} from "./keys.ts";
import { createLaneFrames } from "./lane-frames.ts";
import { createLaneProgress } from "./lane-progress.ts";
import { createLanes, type Lane } from "./lanes.ts";
import { createLetters } from "./letters.ts";
import { type Meta, readMeta } from "./meta.ts";
import { decodeJson } from "./record.ts";
import type {
  DeadLetter,
  DeviceChange,
  NewBootRecord,
  NewFrame,
  Spool,
  SpoolLimits,
  StoredLetter,
} from "./spool.ts";
import { createStaleRecords } from "./stale-records.ts";

/** Lanes in which frames may wait: some 300 bytes of memory each. */
const limitLanes = 100_000;

/** Bytes of frames that may wait for the disk, in memory. */
const unsyncedLimitBytes = 16_777_216;

/** A spool in a store. Reads the books of the lanes, but no frames: it opens in constant time. */
export const createKeyedSpool = async (store: KeyedStore, limits: SpoolLimits): Promise<Spool> => {
  const meta = await readMeta(store, limits.newStoreId);
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
    group: createGroupCommit(store.write, store.gatherMs),
  });
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
}

/** Does what is asked for; rejects with `SPOOL_CLOSED` once the spool is. */
type WhileOpen = <Type>(use: () => Promise<Type>) => Promise<Type>;

const keyedSpool = (parts: Parts): Spool => {
  const { store, lanes, limits, group } = parts;
  let closing: Promise<void> | undefined;

  const whileOpen: WhileOpen = async (use) => {
    if (closing !== undefined) throw closedError();
    return use().catch((cause: unknown) => {
      throw closing === undefined ? cause : closedError(cause);
    });
  };
  const closed = (): Promise<never> => Promise.reject(closedError());
  return {
    storeId: parts.meta.storeId,
    async boots(device) {
      await group.synced();
      const records = await whileOpen(() => list(store, bootPrefix(device), decodeBoot));
      return records.sort((left, right) => left.order - right.order);
    },
    boot: (device, boot) =>
      whileOpen(async () => {
        await group.synced();
        const record = store.getSync(bootKey(device, boot));
        return record === undefined ? null : decodeBoot(record);
      }),
    hasRoom: (lane, bytes, isNewDevice) =>
      lanes.hasRoom(lane, bytes) &&
      group.waitingBytes() + bytes <= unsyncedLimitBytes &&
      (!isNewDevice || parts.devices < limits.limitDevices),
    held: (device, boot) => (closing === undefined ? parts.definitions.held(device, boot) : []),
    lookup: parts.definitions.lookup,
    append: (frame, record, change) =>
      closing === undefined ? append(parts, frame, record, change) : closed(),
    define: (record, change) =>
      closing === undefined ? commit(parts, defined(parts, record, change)) : closed(),
    synced: group.synced,
    ...letterPart(parts, whileOpen),
    ...lanePart(parts, whileOpen),
    usage: () => ({ ...lanes.usage(), limitBytes: limits.limitBytes, devices: parts.devices }),
    close() {
      closing ??= group.commit([put(metaKey, parts.meta)], true).finally(() => store.close());
      return closing;
    },
  };
};

const list = async <Type>(
  store: KeyedStore,
  prefix: string,
  decode: (record: Uint8Array) => Type,
): Promise<Type[]> => {
  const values: Type[] = [];
  for await (const [, value] of store.entries(rangeOf(prefix))) values.push(decode(value));
  return values;
};

const letterPart = (
  { store, group, letters }: Parts,
  whileOpen: WhileOpen,
): Pick<Spool, "bury" | "evict" | "deadLetters" | "dropLetters"> => ({
  bury: (letter) => whileOpen(() => group.commit(letters.add(letter), true)),
  deadLetters: () => whileOpen(() => readLetters(store)),
  dropLetters: (ids) => whileOpen(() => group.commit(letters.drop(ids), true)),
  evict: (device, reason) => whileOpen(() => group.commit(letters.evict(device, reason), false)),
});

type LanePart = Pick<
  Spool,
  | "lanes"
  | "laneBytes"
  | "intended"
  | "read"
  | "setAside"
  | "progress"
  | "progressOf"
  | "intent"
  | "propose"
  | "settle"
>;

const lanePart = (parts: Parts, whileOpen: WhileOpen): LanePart => {
  const { store, lanes, group } = parts;
  return {
    lanes: lanes.names,
    laneBytes: (lane) => lanes.get(lane).bytes,
    intended: () => whileOpen(async () => (await store.keys(rangeOf("i/"))).map(laneOf)),
    read: (lane, limitBytes) => whileOpen(() => parts.frames.read(lane, limitBytes)),
    setAside: (lane, hash, frames, epochMs) =>
      whileOpen(() =>
        group.commit(
          movedAside(parts, { from: lane, to: asideLane(lane, hash) }, frames, epochMs),
          false,
        ),
      ),
    progress: (lane) =>
      whileOpen(() => list(store, progressPrefix(baseLane(lane)), decodeJson<Progress>)),
    progressOf: (lane, boots) => whileOpen(async () => parts.progress.read(baseLane(lane), boots)),
    intent: (lane) =>
      whileOpen(async () => {
        const value = await store.get(intentKey(lane));
        return value === undefined ? null : decodeIntent(value);
      }),
    propose: (intent) => whileOpen(() => group.commit([intentChange(intent)], true)),
    settle: (settlement) =>
      whileOpen(() => group.commit(settled(parts, settlement), settlement.deadLetters.length > 0)),
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
const commit = ({ group, definitions }: Parts, changes: Changes, bytes = 0): Promise<void> => {
  const done = group.commit(changes, true, bytes);
  if (definitions.hasUnwritten()) {
    done.then(
      () => definitions.written(changes),
      () => {},
    );
  }
  return done;
};

const append = (
  parts: Parts,
  frame: NewFrame,
  record: NewBootRecord,
  change: DeviceChange,
): Promise<void> => {
  const { changes, bytes } = appended(parts, frame, record, change);
  return commit(parts, changes, bytes);
};
