import type { Ack } from "../downlink.ts";
import { createReader } from "./reader.ts";
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

/** Reads any bytes whatever; bytes after the last field belong to a later version and are ignored. */
export const decodeAck = (bytes: Uint8Array): DecodedAck => {
  const reader = createReader(bytes, 0);
  const mark = reader.byte();
  if (mark !== ackMark) reader.fail(`first byte 0x${mark.toString(16)} is no ack`);
  const storeId = reader.uint32();
  const nonce = reader.uint32();
  const number = reader.varint();
  const ack = {
    storeId,
    boot: { nonce, number },
    ackId: reader.varint(),
    next: reader.varint(),
    definitions: reader.varint(),
    epochMs: reader.varint(),
    busyMs: reader.varint(),
  };
  const fault = reader.fault();
  return fault === null ? { ok: true, ack } : { ok: false, ...fault };
};
