import { baseLane } from "./aside.ts";
import { encodeBoot } from "./boot-record.ts";
import type { StoredDefinitions } from "./definitions.ts";
import type { Change, LateChange } from "./group-commit.ts";
import { bootKey, devicesKey, frameKey, intentKey, laneKey, progressKey } from "./keys.ts";
import type { LaneFrames } from "./lane-frames.ts";
import type { LaneProgress } from "./lane-progress.ts";
import type { Lanes } from "./lanes.ts";
import type { Letters } from "./letters.ts";
import { encodeJson, encodeStored, storedAt } from "./record.ts";
import type {
  BootRecord,
  DefinitionsChange,
  DeviceChange,
  ForgottenBoot,
  NewBootRecord,
  NewFrame,
  Settlement,
  StoredFrame,
} from "./spool.ts";
import type { StaleRecords } from "./stale-records.ts";

/** What is kept in memory of the store; changed as the changes to the store are made. */
export interface Books {
  lanes: Lanes;
  frames: LaneFrames;
  progress: LaneProgress;
  letters: Letters;
  stale: StaleRecords;
  definitions: StoredDefinitions;
  /** Devices of which something is stored. */
  devices: number;
}

export const put = (key: string, value: unknown): Change => ({
  type: "put",
  key,
  value: encodeJson(value),
});

export const remove = (key: string): Change => ({ type: "del", key });

/** Changes, some of them as they will be when they are written. */
export type Changes = (Change | LateChange)[];

const late = (key: string, change: () => Change): LateChange => ({ type: "late", key, change });

const laneChange = (lanes: Lanes, name: string): LateChange => {
  const key = laneKey(name);
  return late(key, () => {
    const lane = lanes.get(name);
    return lane.frames > 0 ? put(key, lane) : remove(key);
  });
};

const bootChange = (record: NewBootRecord): LateChange => {
  const key = bootKey(record.device, record.boot);
  return late(key, () => ({ type: "put", key, value: encodeBoot(record) }));
};

/** A frame comes in; gives the bytes it takes as well. */
export const appended = (
  books: Books,
  frame: NewFrame,
  record: NewBootRecord,
  { isNewDevice, forget, definitions, outdated }: DeviceChange,
): { changes: Changes; bytes: number } => {
  const { lanes } = books;
  const evicted = books.letters.evicted.take(frame.device);
  const whole = evicted === null ? frame : { ...frame, evicted: evicted.told };
  const value = encodeStored(whole);
  const position = lanes.add(frame.lane, value.length);
  books.frames.append(storedAt(whole, position, value));
  const changes: Changes = [
    { type: "put", key: frameKey(frame.lane, position), value },
    bootChange(record),
    laneChange(lanes, frame.lane),
  ];
  if (evicted !== null) changes.push(evicted.change);
  if (definitions) changes.push(...books.definitions.change(record, frame.lane, definitions));
  if (outdated) {
    const { record: old, lane } = outdated;
    changes.push(bootChange(old), ...books.definitions.forget(old, lane));
  }
  for (const old of forget) changes.push(...forgotten(books, frame.device, old));
  if (isNewDevice) changes.push(put(devicesKey, ++books.devices));
  return { changes, bytes: value.length };
};

const forgotten = (books: Books, device: string, { boot, lane }: ForgottenBoot): Change[] => {
  const changes = books.stale.forget(lane, [progressKey(lane, device, boot)]);
  books.progress.forget(lane, changes);
  changes.push(remove(bootKey(device, boot)));
  return [...changes, ...books.definitions.forget({ device, boot }, lane)];
};

/** Definitions come in without a frame. */
export const defined = (
  books: Books,
  record: BootRecord,
  change: DefinitionsChange | null,
): Changes => [
  bootChange(record),
  ...(change === null ? [] : books.definitions.change(record, "", change)),
];

/** An intent is closed. */
export const settled = (books: Books, settlement: Settlement): Changes => {
  const { letters } = books;
  const { lane, progress, delivered, deadLetters } = settlement;
  const base = baseLane(lane);
  books.progress.settle(base, progress);
  const changes: Changes = [remove(intentKey(lane)), ...taken(books, lane, delivered)];
  for (const done of progress) changes.push(put(progressKey(base, done.device, done.boot), done));
  for (const letter of deadLetters) changes.push(...letters.add(letter));
  const swept = books.definitions.swept(books.stale.sweep(base));
  books.progress.forget(base, swept);
  changes.push(...swept);
  return changes;
};

/** Frames go from a lane. */
const taken = (books: Books, lane: string, frames: StoredFrame[]): Changes => {
  books.lanes.remove(lane, frames);
  books.frames.remove(lane, frames);
  const changes: Changes = frames.map(({ position }) => remove(frameKey(lane, position)));
  changes.push(laneChange(books.lanes, lane));
  return changes;
};

/** Frames go from one lane to the end of another, which is not kept in memory. */
export const movedAside = (
  books: Books,
  { from, to }: { from: string; to: string },
  frames: StoredFrame[],
  epochMs: number,
): Changes => {
  const changes: Changes = frames.map(
    ({ position: _position, storedBytes: _bytes, ...frame }): Change => {
      const value = encodeStored({ ...frame, lane: to, asideMs: epochMs });
      return { type: "put", key: frameKey(to, books.lanes.add(to, value.length)), value };
    },
  );
  changes.push(laneChange(books.lanes, to), ...taken(books, from, frames));
  return changes;
};
