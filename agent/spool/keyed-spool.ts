import { randomBytes } from "node:crypto";
import { AgentError } from "../errors.ts";
import { type Change, createGroupCommit, type GroupCommit } from "./group-commit.ts";
import { decodeIntent, encodeIntent } from "./intent-record.ts";
import type { KeyedStore } from "./keyed-store.ts";
import {
  bootKey,
  bootPrefix,
  devicesKey,
  frameKey,
  intentKey,
  laneKey,
  laneOf,
  letterIdOf,
  letterKeyOf,
  metaKey,
  progressKey,
  progressPrefix,
  rangeOf,
} from "./keys.ts";
import { createLaneFrames, type LaneFrames } from "./lane-frames.ts";
import { createLaneProgress, type LaneProgress } from "./lane-progress.ts";
import { createLanes, type Lane, type Lanes } from "./lanes.ts";
import { createLetters, type Letters } from "./letters.ts";
import { decodeJson, encodeJson, encodeStored, storedAt } from "./record.ts";
import type {
  BootRecord,
  DeadLetter,
  DeviceChange,
  Intent,
  NewFrame,
  Progress,
  Settlement,
  Spool,
  SpoolLimits,
  StoredLetter,
} from "./spool.ts";
import { createStaleProgress, type StaleProgress } from "./stale-progress.ts";

/** What the store says of itself. */
interface Meta {
  format: typeof storeFormat;
  storeId: number;
}

const storeFormat = 1;

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
  return keyedSpool({
    store,
    meta,
    lanes,
    frames: createLaneFrames({ store, lanes }),
    progress: createLaneProgress(store),
    limits,
    letters: await createLetters({ store, limit, onEvicted }),
    stale: await createStaleProgress(store, lanes),
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
  throw new Error(`its format is ${meta.format}, this version reads ${storeFormat}`);
};

const put = (key: string, value: unknown): Change => ({
  type: "put",
  key,
  value: encodeJson(value),
});

const intentChange = (intent: Intent): Change => ({
  type: "put",
  key: intentKey(intent.lane),
  value: encodeIntent(intent),
});

interface Parts {
  store: KeyedStore;
  meta: Meta;
  lanes: Lanes;
  frames: LaneFrames;
  progress: LaneProgress;
  limits: SpoolLimits;
  letters: Letters;
  stale: StaleProgress;
  group: GroupCommit;
  devices: number;
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
    append: (frame, record, change) =>
      closing === undefined ? append(parts, frame, record, change) : Promise.reject(closedError()),
    synced: group.synced,
    bury: (letter) => whileOpen(() => group.commit(letters.add(letter), true)),
    deadLetters: () => whileOpen(() => readLetters(store)),
    dropLetters: (ids) =>
      whileOpen(() =>
        group.commit(
          ids.map((id): Change => ({ type: "del", key: letterKeyOf(id) })),
          true,
        ),
      ),
    lanes: lanes.names,
    laneBytes: (lane) => lanes.get(lane).bytes,
    intended: () =>
      whileOpen(async () => (await store.keys(rangeOf("i/"))).map((key) => laneOf(key))),
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

const laneChange = (lanes: Lanes, name: string): Change => {
  const lane = lanes.get(name);
  return lane.frames > 0 ? put(laneKey(name), lane) : { type: "del", key: laneKey(name) };
};

const append = (
  parts: Parts,
  frame: NewFrame,
  record: BootRecord,
  { isNewDevice, forget }: DeviceChange,
): Promise<void> => {
  const { lanes, stale, group } = parts;
  const value = encodeStored(frame);
  const position = lanes.add(frame.lane, value.length);
  const key = frameKey(frame.lane, position);
  parts.frames.append(storedAt(frame, position, value));
  const changes: Change[] = [
    { type: "put", key, value },
    put(bootKey(record.device, record.boot), record),
    laneChange(lanes, frame.lane),
  ];
  for (const { boot, lane } of forget) {
    changes.push({ type: "del", key: bootKey(frame.device, boot) });
    const forgotten = stale.forget(lane, frame.device, boot);
    parts.progress.forget(lane, forgotten);
    changes.push(...forgotten);
  }
  if (isNewDevice) changes.push(put(devicesKey, ++parts.devices));
  parts.unsyncedBytes += value.length;
  const isWritten = (): void => {
    parts.unsyncedBytes -= value.length;
  };
  const done = group.commit(changes, true);
  done.then(isWritten, isWritten);
  return done;
};

const settled = (parts: Parts, settlement: Settlement): Change[] => {
  const { lanes, letters, stale } = parts;
  const { lane, progress, delivered, deadLetters } = settlement;
  lanes.remove(lane, delivered);
  parts.frames.remove(lane, delivered);
  parts.progress.settle(lane, progress);
  const changes: Change[] = [{ type: "del", key: intentKey(lane) }];
  for (const frame of delivered) changes.push({ type: "del", key: frameKey(lane, frame.position) });
  for (const done of progress) changes.push(put(progressKey(lane, done.device, done.boot), done));
  for (const letter of deadLetters) changes.push(...letters.add(letter));
  const swept = stale.sweep(lane);
  parts.progress.forget(lane, swept);
  changes.push(...swept, laneChange(lanes, lane));
  return changes;
};
