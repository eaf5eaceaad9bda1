import type { Ack } from "../downlink.ts";
import { integerLimit } from "../limits.ts";
import { createWriter } from "./writer.ts";

/**
 *   ┌──────┬─────────┬───────┬────────┬───────┬────────┬─────────────┬─────────┬────────┐
 *   │ B0   │ storeId │ nonce │ number │ ackId │ next   │ definitions │ epochMs │ busyMs │
 *   │ 1    │ 4       │ 4     │ varint │ varint│ varint │ varint      │ varint  │ varint │
 *   └──────┴─────────┴───────┴────────┴───────┴────────┴─────────────┴─────────┴────────┘
 */
const ackMark = 0xb0;

export const encodeAck = (ack: Ack): Uint8Array => {
  const writer = createWriter();
  writer.byte(ackMark);
  writer.uint32(ack.storeId);
  writer.uint32(ack.boot.nonce);
  writer.varint(ack.boot.number);
  writer.varint(ack.ackId);
  writer.varint(ack.next);
  writer.varint(ack.definitions);
  writer.varint(ack.epochMs);
  writer.varint(ack.busyMs);
  return writer.bytes();
};

export type DecodedAck = { ok: true; ack: Ack } | { ok: false; offset: number; reason: string };

/** The longest ack: a mark, two times 4 bytes, and six numbers of up to 8. */
const ackLimitBytes = 57;

/**
 * Reads any bytes whatever; bytes after the last field belong to a later version and are ignored.
 * Without a `Reader`, for the device's sake: a number cut off or above 2^53 - 1 is NaN, and spoils the sum.
 */
export const decodeAck = (bytes: Uint8Array): DecodedAck => {
  const end = Math.min(bytes.length, ackLimitBytes);
  let offset = 0;
  const byte = (): number => (offset < end ? (bytes[offset++] as number) : NaN);
  const varint = (): number => {
    const low = byte();
    const value = low >= 128 ? low - 128 + 128 * varint() : low;
    return value <= integerLimit ? value : NaN;
  };
  const uint32 = (): number => byte() + 256 * (byte() + 256 * (byte() + 256 * byte()));

  if (byte() !== ackMark) return { ok: false, offset: 0, reason: "no ack" };
  const ack = {
    storeId: uint32(),
    boot: { nonce: uint32(), number: varint() },
    ackId: varint(),
    next: varint(),
    definitions: varint(),
    epochMs: varint(),
    busyMs: varint(),
  };
  const sum = ack.boot.number + ack.ackId + ack.next + ack.definitions + ack.epochMs + ack.busyMs;
  return sum >= 0 ? { ok: true, ack } : { ok: false, offset, reason: "damaged ack" };
};
