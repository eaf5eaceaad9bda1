import { integerLimit } from "../limits.ts";
import { putText } from "./text.ts";

/** Bytes written one after another into a buffer that grows. Numbers are little-endian. */
export interface Writer {
  byte(value: number): void;
  /** An integer, 0 to 2^53 - 1: 7 bits a byte, lowest first. Below it becomes 0, as does NaN. */
  varint(value: number): void;
  uint32(value: number): void;
  raw(bytes: Uint8Array): void;
  /** The characters of a byte text. */
  text(text: string): void;
  /** A copy of what was written. */
  bytes(): Uint8Array;
}

export const createWriter = (): Writer => {
  let buffer = new Uint8Array(256);
  let length = 0;

  const reserve = (bytes: number): void => {
    if (length + bytes <= buffer.length) return;
    const grown = new Uint8Array(Math.max(buffer.length * 2, length + bytes));
    grown.set(buffer);
    buffer = grown;
  };
  const byte = (value: number): void => {
    reserve(1);
    buffer[length++] = value;
  };
  const varint = (value: number): void => {
    let rest = value > 0 ? Math.min(value, integerLimit) : 0;
    while (rest >= 128) {
      byte((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    byte(rest);
  };
  const raw = (bytes: Uint8Array): void => {
    reserve(bytes.length);
    buffer.set(bytes, length);
    length += bytes.length;
  };
  return {
    byte,
    varint,
    raw,
    uint32(value) {
      for (let shift = 0; shift < 32; shift += 8) byte((value >>> shift) & 255);
    },
    text(text) {
      reserve(text.length);
      putText(buffer, text, length);
      length += text.length;
    },
    bytes() {
      // Espruino takes a view of length 0 for one of the whole buffer.
      if (length === 0) return new Uint8Array(0);
      return new Uint8Array(new Uint8Array(buffer.buffer, 0, length));
    },
  };
};
