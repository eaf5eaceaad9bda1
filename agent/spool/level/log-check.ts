/**
 * Reads the log of a LevelDB as LevelDB does. That passes over what it cannot read and says nothing,
 * though it may be frames that were acknowledged:
 *
 *   ┌──────────────────────────┬───────────────┬──────┬────────┐
 *   │ CRC-32C of type and data │ length of data│ type │ data   │   in blocks of 32 KiB; what is left of a
 *   │ 4, little end, masked    │ 2, little end │ 1    │ length │   block, if less than 7 bytes, is empty
 *   └──────────────────────────┴───────────────┴──────┴────────┘
 */
const blockBytes = 32_768;
const headerBytes = 7;

const polynomial = 0x82f6_3b78;

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
  return value;
});

/** The CRC-32C of part of the bytes, as LevelDB stores it. */
export const maskedCrc = (bytes: Uint8Array, from: number, to: number): number => {
  let crc = 0xffff_ffff;
  for (let at = from; at < to; at++) {
    crc = (crc >>> 8) ^ (table[(crc ^ (bytes[at] as number)) & 0xff] as number);
  }
  const whole = ~crc >>> 0;
  return (((whole >>> 15) | (whole << 17)) + 0xa282_ead8) >>> 0;
};

/** Whole, first, middle and last part of a record. */
const types = 4;

/** Where the record at `at` ends; null where there is none. */
const endOfRecord = (view: DataView, bytes: Uint8Array, at: number): number | null => {
  const type = view.getUint8(at + 6);
  const end = at + headerBytes + view.getUint16(at + 4, true);
  const isPossible = type >= 1 && type <= types && end <= blockEndOf(at);
  if (!isPossible || end > bytes.length) return null;
  return maskedCrc(bytes, at + headerBytes - 1, end) === view.getUint32(at, true) ? end : null;
};

const blockEndOf = (at: number): number => at - (at % blockBytes) + blockBytes;

/**
 * Where a log cannot be read although it can be further on: the byte. Null for a log that is whole, or
 * ends torn, as a crash leaves it.
 */
export const damageIn = (bytes: Uint8Array): number | null => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let badAt: number | null = null;
  for (let at = 0; at + headerBytes <= bytes.length; ) {
    if (at + headerBytes > blockEndOf(at)) {
      at = blockEndOf(at);
      continue;
    }
    const end = endOfRecord(view, bytes, at);
    if (end !== null && badAt !== null) return badAt;
    if (end === null) badAt ??= at;
    at = end ?? at + 1;
  }
  return null;
};
