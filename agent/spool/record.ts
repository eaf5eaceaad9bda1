import { crc32 } from "node:zlib";
import { AgentError } from "../errors.ts";
import type { NewFrame, StoredFrame } from "./spool.ts";

/** Two checksums and the length of the head. */
const frontBytes = 10;

export const encodeJson = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

export const decodeJson = <Type>(bytes: Uint8Array): Type =>
  JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()) as Type;

/** What the session found out about a frame. */
type Found = Omit<NewFrame, "lane" | "bytes">;

/** What few frames have. */
type SeldomFound = Omit<Found, "boot" | "from" | "end" | "lost" | "device">;

/** Numbers of a head: four of 8 bytes and the nonce. */
const numbersBytes = 36;

/** Of a frame: lane, device, boot, from, end, lost, closes, bytes. */
const usualKeys = 8;

/** Counts keys first: taking the seldom ones apart costs as much as all else of a record. */
const seldomOf = (frame: NewFrame): Buffer | null => {
  let keys = 0;
  for (const _key in frame) keys++;
  if (keys === usualKeys && frame.closes.length === 0) return null;
  const { lane, bytes, boot, from, end, lost, device, ...seldom } = frame;
  return Buffer.from(JSON.stringify(seldom));
};

/**
 * What was found: the end is JSON of what few frames have.
 *
 *   ┌───────┬────────┬────────┬────────┬────────┬────────┬────────┬──────────┐
 *   │ nonce │ number │ from   │ end    │ lost   │ length │ device │ JSON     │
 *   │ 4     │ 8      │ 8      │ 8      │ 8      │ 1      │ length │ the rest │
 *   └───────┴────────┴────────┴────────┴────────┴────────┴────────┴──────────┘
 */
const writeHead = (record: Buffer, frame: NewFrame, seldom: Buffer | null): void => {
  const { boot, from, end, lost, device } = frame;
  let at = record.writeUInt32LE(boot.nonce, frontBytes);
  for (const value of [boot.number, from, end, lost]) at = record.writeDoubleLE(value, at);
  record[at] = device.length;
  at += 1 + record.write(device, at + 1, "latin1");
  if (seldom !== null) record.set(seldom, at);
};

const readHead = (head: Buffer): Found => {
  const [number, from, end, lost] = [4, 12, 20, 28].map((at) => head.readDoubleLE(at)) as [
    number,
    number,
    number,
    number,
  ];
  const boot = { nonce: head.readUInt32LE(), number };
  const deviceEnd = numbersBytes + 1 + (head[numbersBytes] as number);
  const device = head.toString("latin1", numbersBytes + 1, deviceEnd);
  const seldom: SeldomFound =
    deviceEnd === head.length ? { closes: [] } : decodeJson(head.subarray(deviceEnd));
  return { device, boot, from, end, lost, ...seldom };
};

/**
 *   ┌────────────────┬─────────────────┬────────────┬────────────────────────┬───────────────────┐
 *   │ CRC-32 of head │ CRC-32 of frame │ length     │ what the session found │ frame as received │
 *   │ 4, big end     │ 4, big end      │ 2, big end │ length                 │ to the end        │
 *   └────────────────┴─────────────────┴────────────┴────────────────────────┴───────────────────┘
 * A disk gives back what it has, which is not always what it got.
 */
export const encodeStored = (frame: NewFrame): Uint8Array => {
  const { bytes, device } = frame;
  const seldom = seldomOf(frame);
  const headBytes = numbersBytes + 1 + device.length + (seldom?.length ?? 0);
  const record = Buffer.allocUnsafe(frontBytes + headBytes + bytes.length);
  writeHead(record, frame, seldom);
  record.set(bytes, frontBytes + headBytes);
  record.writeUInt32BE(crc32(record.subarray(frontBytes, frontBytes + headBytes)), 0);
  record.writeUInt32BE(crc32(bytes), 4);
  record.writeUInt16BE(headBytes, 8);
  return record;
};

/**
 * A frame as `decodeStored` gives it; its bytes are those of the record. Named one by one: objects that
 * begin as a copy and grow have shapes that V8 gives up, and then each use of them takes 1 µs.
 */
export const storedAt = (frame: NewFrame, position: number, record: Uint8Array): StoredFrame => {
  const { lane, device, boot, from, end, lost, closes } = frame;
  const storedBytes = record.length;
  const bytes = record.subarray(storedBytes - frame.bytes.length);
  const stored: StoredFrame = {
    lane,
    device,
    boot,
    from,
    end,
    lost,
    closes,
    bytes,
    position,
    storedBytes,
  };
  const { asideMs, dictionary, evicted, repeated } = frame;
  if (asideMs !== undefined) stored.asideMs = asideMs;
  if (dictionary !== undefined) stored.dictionary = dictionary;
  if (evicted !== undefined) stored.evicted = evicted;
  if (repeated !== undefined) stored.repeated = repeated;
  return stored;
};

/**
 * Reads a record again. A frame whose bytes are others now `isDamaged`; throws `SPOOL_DAMAGED` where
 * not even its seqs can be trusted.
 */
export const decodeStored = (lane: string, position: number, record: Uint8Array): StoredFrame => {
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const headEnd = record.length < frontBytes ? frontBytes : frontBytes + view.getUint16(8);
  const head = record.subarray(frontBytes, headEnd);
  if (record.length < frontBytes || crc32(head) !== view.getUint32(0)) {
    const message = `Cannot read frame ${position} of "${lane}" from the spool: its checksum is wrong, the disk has damaged it; start the agent again to repair the spool`;
    throw new AgentError("SPOOL_DAMAGED", message);
  }
  const found = readHead(Buffer.from(head.buffer, head.byteOffset, head.byteLength));
  const bytes = record.slice(headEnd);
  const stored = { ...found, lane, position, storedBytes: record.length, bytes };
  return crc32(bytes) === view.getUint32(4) ? stored : { ...stored, isDamaged: true };
};
