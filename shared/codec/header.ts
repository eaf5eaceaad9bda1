import type { FrameHeader } from "../frame.ts";
import { integerLimit } from "../limits.ts";
import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/**
 *   ┌──────┬────────┬────────┬──────────┬─────────────┬───────┬─────────────┬───────┬──────────────┐
 *   │ A b  │ nonce  │ number │ first    │ first - base│ count │ sendUptimeMs│ ackId │ send - ackUp │
 *   │ 1    │ 4      │ varint │ varint   │ varint      │ varint│ varint      │ varint│ varint       │
 *   └──────┴────────┴────────┴──────────┴─────────────┴───────┴─────────────┴───────┴──────────────┘
 * A: this header, frozen. b: format of the body that follows. The last field is absent without ack.
 * C in place of A: a later boot sends this one's frame, and the two fields of the ack are one: endedAgoMs.
 */
const headerMark = 0xa0;
const replayMark = 0xc0;

/** Formats of the body, by their number in the protocol byte. */
export const bodyFormats = {
  tombstone: 0,
  entries: 2,
  /** Entries, the last of them the boot's last. */
  lastEntries: 3,
} as const;

/** In place of a level, where a site measures: one above the last of `levels`. */
export const metricLevel = 5;

export const writeHeader = (writer: Writer, header: FrameHeader, bodyFormat: number): void => {
  const endedAgoMs = header.endedAgoMs;
  writer.byte((endedAgoMs === undefined ? headerMark : replayMark) + bodyFormat);
  writer.uint32(header.boot.nonce);
  writer.varint(header.boot.number);
  writer.varint(header.first);
  writer.varint(header.first - header.base);
  writer.varint(header.count);
  writer.varint(header.sendUptimeMs);
  if (endedAgoMs !== undefined) {
    writer.varint(endedAgoMs);
    return;
  }
  writer.varint(header.ackId);
  if (header.ackId > 0) writer.varint(header.sendUptimeMs - header.ackUptimeMs);
};

/** The header and its body's format. On a fault the reader says which; the value is then unusable. */
export const readHeader = (reader: Reader): { header: FrameHeader; bodyFormat: number } => {
  const protocol = reader.byte();
  const isReplay = (protocol & 0xf0) === replayMark;
  if ((protocol & 0xf0) !== headerMark && !isReplay) {
    reader.fail(`protocol byte 0x${protocol.toString(16)} is no fleetlog frame`, 0);
  }
  const boot = { nonce: reader.uint32(), number: reader.varint() };
  const firstAt = reader.offset();
  const first = reader.varint();
  const base = first - reader.varint();
  const countAt = reader.offset();
  const count = reader.varint();
  const sendAt = reader.offset();
  const sendUptimeMs = reader.varint();
  const endedAgoMs = isReplay ? reader.varint() : 0;
  const ackId = isReplay ? 0 : reader.varint();
  const ackUptimeMs = ackId > 0 ? sendUptimeMs - reader.varint() : sendUptimeMs;
  if (base < 0) reader.fail("base below 0", firstAt);
  if (count < 1) reader.fail("count of 0", countAt);
  if (first + count > integerLimit) reader.fail("seq above 2^53 - 1", countAt);
  if (ackUptimeMs < 0) reader.fail("ack before the boot", sendAt);
  const header: FrameHeader = { boot, base, first, count, sendUptimeMs, ackId, ackUptimeMs };
  if (isReplay) header.endedAgoMs = endedAgoMs;
  return { header, bodyFormat: protocol & 0x0f };
};
