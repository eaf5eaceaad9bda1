declare const E: {
  CRC32(bytes: Uint8Array): number;
  toUint8Array(text: string): Uint8Array;
};

/*
 * What the bundle has in place of `shared/codec/text.ts` and `crc32.ts`: the engine's own, which are
 * right for its strings (bytes on some boards, characters on others) and need no table.
 */

export { fromUtf8 } from "../../shared/codec/text.ts";

export const toUtf8 = (text: string): Uint8Array => E.toUint8Array(text);

export const crc32 = (bytes: Uint8Array): number => E.CRC32(bytes);
