import type { Ack } from "../downlink.ts";
import { integerLimit, tagLimitBytes } from "../limits.ts";
import { createWriter } from "./writer.ts";

/**
 *   ┌──────┬─────────┬───────┬────────┬───────┬────────┬─────────────┬─────────┬────────┐
 *   │ B0   │ storeId │ nonce │ number │ ackId │ next   │ definitions │ epochMs │ busyMs │
 *   │ 1    │ 4       │ 4     │ varint │ varint│ varint │ varint      │ varint  │ varint │
 *   └──────┴─────────┴───────┴────────┴───────┴────────┴─────────────┴─────────┴────────┘
 *
 * B1 in place of B0 where a command follows:
 *
 *   ┌────────┬────────┬─────────────┬────────┬────────────┐
 *   │ id     │ kind   │ remainingMs │ value  │ tag        │
 *   │ varint │ varint │ varint      │ varint │ varint + n │
 *   └────────┴────────┴─────────────┴────────┴────────────┘
 */
const ackMark = 0xb0;
const commandMark = 0xb1;

export const encodeAck = (ack: Ack): Uint8Array => {
  const writer = createWriter();
  const command = ack.command;
  writer.byte(command ? commandMark : ackMark);
  writer.uint32(ack.storeId);
  writer.uint32(ack.boot.nonce);
  writer.varint(ack.boot.number);
  writer.varint(ack.ackId);
  writer.varint(ack.next);
  writer.varint(ack.definitions);
  writer.varint(ack.epochMs);
  writer.varint(ack.busyMs);
  if (command) {
    writer.varint(command.id);
    writer.varint(command.kind);
    writer.varint(command.remainingMs);
    writer.varint(command.value);
    writer.varint(command.tag.length);
    writer.text(command.tag);
  }
  return writer.bytes();
};

export type DecodedAck = { ok: true; ack: Ack } | { ok: false; offset: number; reason: string };

/** What a varint's ninth byte would count, 128^8: there is none. */
const unitLimit = 72_057_594_037_927_936;

/** The longest ack without a tag: a mark, two times 4 bytes, and eleven numbers of up to 8. */
const numbersLimitBytes = 97;

/**
 * Reads any bytes whatever; bytes after the last field belong to a later version and are ignored.
 * Without a `Reader`, for the device's sake: a number cut off or above 2^53 - 1 is NaN, and spoils the sum.
 */
export const decodeAck = (bytes: Uint8Array): DecodedAck => {
  const end = Math.min(bytes.length, numbersLimitBytes);
  let offset = 0;
  const byte = (): number => (offset < end ? (bytes[offset++] as number) : NaN);
  const varint = (): number => {
    let value = 0;
    let unit = 1;
    let low = 128;
    for (; low >= 128 && unit < unitLimit; unit *= 128) {
      low = byte();
      value += (low % 128) * unit;
    }
    return low < 128 && value <= integerLimit ? value : NaN;
  };
  const uint32 = (): number => byte() + 256 * (byte() + 256 * (byte() + 256 * byte()));

  const mark = byte();
  if (mark !== ackMark && mark !== commandMark) return { ok: false, offset: 0, reason: "no ack" };
  const ack: Ack = {
    storeId: uint32(),
    boot: { nonce: uint32(), number: varint() },
    ackId: varint(),
    next: varint(),
    definitions: varint(),
    epochMs: varint(),
    busyMs: varint(),
  };
  let sum = ack.boot.number + ack.ackId + ack.next + ack.definitions + ack.epochMs + ack.busyMs;
  if (mark === commandMark && sum >= 0) {
    const command = {
      id: varint(),
      kind: varint(),
      remainingMs: varint(),
      value: varint(),
      tag: "",
    };
    const tagBytes = varint();
    const hasTag = tagBytes <= Math.min(tagLimitBytes, bytes.length - offset);
    const tag: unknown = bytes.subarray(offset, offset + tagBytes);
    if (hasTag) command.tag = String.fromCharCode.apply(null, tag as number[]);
    sum = hasTag ? command.id + command.kind + command.remainingMs + command.value : NaN;
    ack.command = command;
  }
  return sum >= 0 ? { ok: true, ack } : { ok: false, offset, reason: "damaged ack" };
};
