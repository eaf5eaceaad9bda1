declare const E: {
  CRC32(bytes: Uint8Array | string): number;
  isUTF8(text: string): boolean;
  toString(bytes: Uint8Array): string;
  toUint8Array(text: string): Uint8Array;
};

/*
 * What the bundle has in place of `shared/codec/text.ts` and `crc32.ts`: the engine's own, which are
 * right for its strings (bytes on some boards, characters on others) and need no table.
 */

export const toUtf8: (text: string) => Uint8Array = E.toUint8Array;

export const crc32: (bytes: Uint8Array) => number = E.CRC32;

export const textCrc32: (text: string) => number = E.CRC32;

/** On most boards texts are bytes already. */
export const byteText = (text: string): string =>
  E.isUTF8(text) ? E.toString(E.toUint8Array(text)) : text;

export const fromByteText = (text: string): string => text;

/** Empty where no memory in one piece is left. */
export const textOfBytes = (bytes: Uint8Array, from: number, to: number): string =>
  to > from ? E.toString(new Uint8Array(bytes.buffer, from, to - from)) || "" : "";

export const putText = (bytes: Uint8Array, text: string, offset: number): void => {
  bytes.set(text as unknown as Uint8Array, offset);
};

const math = Math;

/** Short names for what is used often: smaller, and one look-up less each time. */
export const floor: (value: number) => number = math.floor;
export const max: (left: number, right: number) => number = math.max;
export const min: (left: number, right: number) => number = math.min;
