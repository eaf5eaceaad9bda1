import type { NewFrame, StoredFrame } from "./spool.ts";

const headLengthBytes = 2;

export const encodeJson = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

export const decodeJson = <Type>(bytes: Uint8Array): Type =>
  JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()) as Type;

/**
 *   ┌────────────┬──────────────────────────────┬───────────────────┐
 *   │ length     │ what the session found, JSON │ frame as received │
 *   │ 2, big end │ length                       │ to the end        │
 *   └────────────┴──────────────────────────────┴───────────────────┘
 */
export const encodeStored = (frame: NewFrame): Uint8Array => {
  const { lane: _lane, bytes, ...found } = frame;
  const head = Buffer.from(JSON.stringify(found));
  const record = Buffer.allocUnsafe(headLengthBytes + head.length + bytes.length);
  record.writeUInt16BE(head.length, 0);
  record.set(head, headLengthBytes);
  record.set(bytes, headLengthBytes + head.length);
  return record;
};

/** A frame as `decodeStored` gives it; its bytes are those of the record. */
export const storedAt = (frame: NewFrame, position: number, record: Uint8Array): StoredFrame => ({
  ...frame,
  position,
  storedBytes: record.length,
  bytes: record.subarray(record.length - frame.bytes.length),
});

export const decodeStored = (lane: string, position: number, record: Uint8Array): StoredFrame => {
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const headEnd = headLengthBytes + view.getUint16(0);
  const found = decodeJson<Omit<NewFrame, "lane" | "bytes">>(
    record.subarray(headLengthBytes, headEnd),
  );
  return { ...found, lane, position, storedBytes: record.length, bytes: record.slice(headEnd) };
};
