import { randomBytes } from "node:crypto";
import { ClassicLevel } from "classic-level";
import type { Boot } from "../../shared/frame.ts";
import { AgentError, messageOf } from "../errors.ts";
import { type Change, createGroupCommit } from "./group-commit.ts";
import {
  bootKey,
  frameKey,
  intentKey,
  laneKey,
  laneOf,
  letterKey,
  metaKey,
  positionOf,
  progressKey,
  progressPrefix,
  rangeOf,
} from "./keys.ts";
import { createLanes, type Lane, type Lanes } from "./lanes.ts";
import { decodeJson, decodeStored, encodeJson, encodeStored } from "./record.ts";
import type {
  BootRecord,
  DeadLetter,
  Intent,
  NewFrame,
  Progress,
  Settlement,
  Spool,
  StoredFrame,
} from "./spool.ts";

export interface LevelSpoolOptions {
  /** Folder of the store, made if absent. */
  directory: string;
  /** Frames that may wait, in bytes as stored. */
  limitBytes: number;
  /** Share of `limitBytes` one lane may take, 0 to 1. */
  laneShare: number;
  /** Dead letters kept; the oldest give way, counted in `onEvicted`. */
  limitDeadLetters: number;
  onEvicted(letter: DeadLetter): void;
}

type Store = ClassicLevel<string, Uint8Array>;

/** What the store says of itself. */
interface Meta {
  format: 1;
  storeId: number;
}

/** A spool in one folder of this machine. Rejects with `SPOOL_LOCKED` or `SPOOL_DAMAGED`. */
export const createLevelSpool = async (options: LevelSpoolOptions): Promise<Spool> => {
  const store = await openStore(options.directory);
  const meta = await readMeta(store);
  const lanes = createLanes(options.limitBytes, options.laneShare);
  for await (const [key, value] of store.iterator(rangeOf("l/"))) {
    lanes.restore(laneOf(key), decodeJson<Lane>(value));
  }
  const letters = await store.keys(rangeOf("d/")).all();
  const group = createGroupCommit((changes, isSynced) => write(store, changes, isSynced));
  return levelSpool({ store, meta, lanes, letters, group, options });
};

const openStore = async (directory: string): Promise<Store> => {
  const store: Store = new ClassicLevel(directory, { valueEncoding: "view" });
  try {
    await store.open();
    return store;
  } catch (cause) {
    const reason = messageOf((cause as Error).cause ?? cause);
    const isLocked = reason.includes("lock");
    throw new AgentError(
      isLocked ? "SPOOL_LOCKED" : "SPOOL_DAMAGED",
      isLocked
        ? `Cannot open spool "${directory}": another agent holds it, stop that agent or set another "data"`
        : `Cannot open spool "${directory}": ${reason}, move the folder away to start with an empty one`,
      { cause },
    );
  }
};

const readMeta = async (store: Store): Promise<Meta> => {
  const known = await store.get(metaKey);
  if (known !== undefined) return decodeJson<Meta>(known);
  const meta: Meta = { format: 1, storeId: randomBytes(4).readUInt32LE() };
  await store.put(metaKey, encodeJson(meta), { sync: true });
  return meta;
};

const write = async (store: Store, changes: Change[], isSynced: boolean): Promise<void> => {
  try {
    await store.batch(changes, { sync: isSynced });
  } catch (cause) {
    throw new AgentError(
      "SPOOL_FAILED",
      `Cannot write to spool "${store.location}": ${messageOf(cause)}, nothing of this write was acknowledged`,
      { cause },
    );
  }
};

const put = (key: string, value: unknown): Change => ({
  type: "put",
  key,
  value: encodeJson(value),
});

interface Parts {
  store: Store;
  meta: Meta;
  lanes: Lanes;
  /** Keys of the dead letters, oldest first. */
  letters: string[];
  group: ReturnType<typeof createGroupCommit>;
  options: LevelSpoolOptions;
}

const levelSpool = (parts: Parts): Spool => {
  const { store, lanes, group } = parts;
  const list = async <Type>(prefix: string): Promise<Type[]> => {
    const values = await store.values(rangeOf(prefix)).all();
    return values.map((value) => decodeJson<Type>(value));
  };
  return {
    storeId: parts.meta.storeId,
    async boots(device) {
      const records = await list<BootRecord>(`b/${device}/`);
      return records.sort((left, right) => left.order - right.order);
    },
    hasRoom: lanes.hasRoom,
    append: (frame, record, forget) =>
      group.commit(
        [...appended(lanes, frame, record), ...forgotten(frame.lane, frame.device, forget)],
        true,
      ),
    synced: group.synced,
    async bury(letter) {
      await group.commit(await buried(parts, [letter]), true);
    },
    deadLetters: () => list<DeadLetter>("d/"),
    lanes: lanes.names,
    async intended() {
      const keys = await store.keys(rangeOf("i/")).all();
      return keys.map(laneOf);
    },
    read: (lane, limitBytes) => read(parts, lane, limitBytes),
    progress: (lane) => list<Progress>(progressPrefix(lane)),
    async intent(lane) {
      const value = await store.get(intentKey(lane));
      return value === undefined ? null : decodeJson<Intent>(value);
    },
    propose: (intent) => group.commit([put(intentKey(intent.lane), intent)], true),
    async settle(settlement) {
      const letters = await buried(parts, settlement.deadLetters);
      await group.commit([...settled(lanes, settlement), ...letters], letters.length > 0);
    },
    usage: lanes.usage,
    async close() {
      await group.synced();
      await store.close();
    },
  };
};

const laneChange = (lanes: Lanes, name: string): Change => {
  const lane = lanes.get(name);
  return lane.frames > 0 ? put(laneKey(name), lane) : { type: "del", key: laneKey(name) };
};

const appended = (lanes: Lanes, frame: NewFrame, record: BootRecord): Change[] => {
  const value = encodeStored(frame);
  const position = lanes.add(frame.lane, value.length);
  return [
    { type: "put", key: frameKey(frame.lane, position), value },
    put(bootKey(record.device, record.boot), record),
    laneChange(lanes, frame.lane),
  ];
};

const forgotten = (lane: string, device: string, boots: Boot[]): Change[] =>
  boots.flatMap((boot): Change[] => [
    { type: "del", key: bootKey(device, boot) },
    { type: "del", key: progressKey(lane, device, boot) },
  ]);

const settled = (lanes: Lanes, { lane, progress, delivered }: Settlement): Change[] => {
  lanes.remove(lane, delivered);
  const changes: Change[] = [{ type: "del", key: intentKey(lane) }];
  for (const frame of delivered) changes.push({ type: "del", key: frameKey(lane, frame.position) });
  for (const done of progress) changes.push(put(progressKey(lane, done.device, done.boot), done));
  changes.push(laneChange(lanes, lane));
  return changes;
};

const buried = async (parts: Parts, deadLetters: DeadLetter[]): Promise<Change[]> => {
  const { letters, options, store } = parts;
  const changes: Change[] = [];
  for (const letter of deadLetters) {
    const last = letters.at(-1);
    const key = letterKey(last === undefined ? 0 : positionOf(last) + 1);
    letters.push(key);
    changes.push(put(key, letter));
    if (letters.length <= options.limitDeadLetters) continue;
    const oldest = letters.shift() as string;
    const value = await store.get(oldest);
    if (value !== undefined) options.onEvicted(decodeJson<DeadLetter>(value));
    changes.push({ type: "del", key: oldest });
  }
  return changes;
};

const read = async (
  { store, lanes }: Parts,
  lane: string,
  limitBytes: number,
): Promise<StoredFrame[]> => {
  const frames: StoredFrame[] = [];
  let bytes = 0;
  const { head, tail } = lanes.get(lane);
  const range = { gte: frameKey(lane, head), lt: frameKey(lane, tail) };
  for await (const [key, value] of store.iterator(range)) {
    frames.push(decodeStored(lane, positionOf(key), value));
    bytes += value.length;
    if (bytes > limitBytes) break;
  }
  return frames;
};
