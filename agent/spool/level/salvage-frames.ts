import { bootText } from "../../../shared/frame.ts";
import type { ClosedBoot } from "../../session/closing.ts";
import type { Change } from "../group-commit.ts";
import type { KeyedStore } from "../keyed-store.ts";
import { laneOf, positionOf, rangeOf } from "../keys.ts";
import type { Lane } from "../lanes.ts";
import { decodeStored, encodeStored } from "../record.ts";
import type { BootOfDevice, NewFrame, StoredFrame } from "../spool.ts";
import type { Gap } from "./salvage-closes.ts";

/** How far a boot is known to be delivered, and to be stored. */
export interface Reached {
  next: number;
  end: number;
}

/** What the frame at `key` is to tell besides. */
export interface ToTell {
  key: string;
  /** Null where none is before it, or not the first of its boot. */
  gap: Gap | null;
  /** Seqs before it; null for what it tells already. */
  lost: number | null;
  repeated: number;
  /** First seq of its boot that is not delivered. */
  next: number;
}

/** The frames that could be read. */
export interface SalvagedFrames {
  lanes: Map<string, Lane>;
  /** What is to be told besides, once the records of boots are mended. */
  toTell: ToTell[];
  counts: { frames: number; records: number; lost: number; possiblyDuplicated: number };
}

export interface SalvageFramesOptions {
  /** Keeps a frame of which not even the seqs can be told. */
  keepDamaged(bytes: Uint8Array): Change[];
  write(changes: Change[]): Promise<void>;
}

/** Names a boot of a device among all. */
export const ownerOf = ({ device, boot }: BootOfDevice): string => `${device}/${bootText(boot)}`;

/** Where a frame lies, and its seqs. */
interface Place {
  key: string;
  owner: string;
  of: BootOfDevice;
  /** First seq it accounts for, those that were counted as lost included. */
  since: number;
  from: number;
  end: number;
  /** Notices that go with its first entry. */
  told: number;
  closes: readonly ClosedBoot[];
}

const frameAt = (key: string, record: Uint8Array): StoredFrame | null => {
  try {
    return decodeStored(laneIn(key), positionOf(key), record);
  } catch {
    return null;
  }
};

const laneIn = (key: string): string => laneOf(key.slice(0, key.lastIndexOf("/")));

const count = (lanes: Map<string, Lane>, name: string, position: number, bytes: number): void => {
  const lane = lanes.get(name) ?? { frames: 0, bytes: 0, head: position, tail: 0 };
  lane.frames++;
  lane.bytes += bytes;
  lane.head = Math.min(lane.head, position);
  lane.tail = Math.max(lane.tail, position + 1);
  lanes.set(name, lane);
};

/**
 * Reads all frames, and makes the books of their lanes. Where seqs of a boot are missing before a frame,
 * that frame is to tell of them; the first that waits of a boot, how many may have been delivered. Notes in
 * `reached` how far boots are stored.
 */
export const salvageFrames = async (
  raw: KeyedStore,
  reached: Map<string, Reached>,
  { keepDamaged, write }: SalvageFramesOptions,
): Promise<SalvagedFrames> => {
  const counts = { frames: 0, records: 0, lost: 0, possiblyDuplicated: 0 };
  const lanes = new Map<string, Lane>();
  const places: Place[] = [];
  for await (const [key, record] of raw.entries(rangeOf("f/"))) {
    const frame = frameAt(key, record);
    if (frame === null) {
      counts.records++;
      await write([{ type: "del", key }, ...keepDamaged(record)]);
      continue;
    }
    counts.frames++;
    count(lanes, frame.lane, frame.position, record.length);
    const { closes, evicted = [], from, end, lost } = frame;
    const told = closes.length + evicted.length + (lost > 0 ? 1 : 0);
    const { device, boot } = frame;
    const of = { device, boot };
    places.push({ key, owner: ownerOf(of), of, since: from - lost, from, end, told, closes });
  }
  places.sort((left, right) =>
    left.owner === right.owner ? left.from - right.from : left.owner < right.owner ? -1 : 1,
  );
  const waiting = waitingOf(places, reached);
  const gaps = new Map<string, Gap>();
  const toTell: ToTell[] = [];
  for (const { key, owner, of, since, from, end } of places) {
    const known = reached.get(owner) ?? { next: 0, end: 0 };
    const covered = Math.max(known.next, known.end);
    reached.set(owner, { next: known.next, end: Math.max(known.end, end) });
    const isLost = since > covered;
    const repeated = end > known.next ? (waiting.get(owner) ?? 0) : 0;
    if (!isLost && repeated === 0) continue;
    waiting.delete(owner);
    if (isLost) counts.lost += since - covered;
    counts.possiblyDuplicated += repeated;
    const lost = isLost ? from - covered : null;
    const gap = isLost && !gaps.has(owner) ? { ...of, told: [] } : null;
    if (gap !== null) gaps.set(owner, gap);
    toTell.push({ key, gap, lost, repeated, next: known.next });
  }
  for (const { owner, closes } of places) {
    gaps.get(owner)?.told.push(...closes.map(({ boot }) => boot));
  }
  return { lanes, toTell, counts };
};

/** How many seqs of each boot wait, with the notices beside them. */
const waitingOf = (
  places: readonly Place[],
  reached: ReadonlyMap<string, Reached>,
): Map<string, number> => {
  const waiting = new Map<string, number>();
  for (const { owner, from, end, told } of places) {
    const next = reached.get(owner)?.next ?? 0;
    const seqs = Math.max(0, end - Math.max(from, next));
    const notices = next <= from ? told : 0;
    waiting.set(owner, (waiting.get(owner) ?? 0) + seqs + notices);
  }
  return waiting;
};

const undelivered = ({ evicted: _told, ...frame }: NewFrame, next: number): NewFrame => ({
  ...frame,
  from: next,
  lost: 0,
  closes: [],
});

/**
 * The same frame, which tells this, and that more boots are over: that may be told twice. Of one that is
 * delivered in part what it told is, so only the rest stays.
 */
export const tell = async (
  raw: KeyedStore,
  lanes: Map<string, Lane>,
  { key, lost, repeated: before, next }: ToTell,
  closes: readonly ClosedBoot[],
): Promise<Change> => {
  const record = (await raw.get(key)) as Uint8Array;
  const stored = decodeStored(laneIn(key), positionOf(key), record);
  const {
    position: _position,
    storedBytes: _bytes,
    isDamaged,
    repeated: _before,
    ...frame
  } = stored;
  const rest = frame.from < next ? undelivered(frame, next) : frame;
  const repeated = before + closes.length;
  const value = encodeStored({
    ...rest,
    lost: lost ?? rest.lost,
    closes: [...rest.closes, ...closes],
    ...(repeated > 0 ? { repeated } : {}),
  });
  // Bytes that changed must not get a checksum that says they did not.
  if (isDamaged) value.set(record.subarray(4, 8), 4);
  (lanes.get(frame.lane) as Lane).bytes += value.length - record.length;
  return { type: "put", key, value };
};
