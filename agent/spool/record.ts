import { crc32 } from "node:zlib";
import { AgentError } from "../errors.ts";
import type { NewFrame, StoredFrame } from "./spool.ts";

/** Two checksums and the length of the head. */
const frontBytes = 10;

export const encodeJson = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

export const decodeJson = <Type>(bytes: Uint8Array): Type =>
  JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()) as Type;

/**
 *   ┌────────────────┬─────────────────┬────────────┬──────────────────────────────┬───────────────────┐
 *   │ CRC-32 of head │ CRC-32 of frame │ length     │ what the session found, JSON │ frame as received │
 *   │ 4, big end     │ 4, big end      │ 2, big end │ length                       │ to the end        │
 *   └────────────────┴─────────────────┴────────────┴──────────────────────────────┴───────────────────┘
 * A disk gives back what it has, which is not always what it got.
 */
export const encodeStored = (frame: NewFrame): Uint8Array => {
  const { lane: _lane, bytes, ...found } = frame;
  const head = Buffer.from(JSON.stringify(found));
  const record = Buffer.allocUnsafe(frontBytes + head.length + bytes.length);
  record.writeUInt32BE(crc32(head), 0);
  record.writeUInt32BE(crc32(bytes), 4);
  record.writeUInt16BE(head.length, 8);
  record.set(head, frontBytes);
  record.set(bytes, frontBytes + head.length);
  return record;
};

/** A frame as `decodeStored` gives it; its bytes are those of the record. */
export const storedAt = (frame: NewFrame, position: number, record: Uint8Array): StoredFrame => ({
  ...frame,
  position,
  storedBytes: record.length,
  bytes: record.subarray(record.length - frame.bytes.length),
});

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
  const found = decodeJson<Omit<NewFrame, "lane" | "bytes">>(head);
  const bytes = record.slice(headEnd);
  const stored = { ...found, lane, position, storedBytes: record.length, bytes };
  return crc32(bytes) === view.getUint32(4) ? stored : { ...stored, isDamaged: true };
};
