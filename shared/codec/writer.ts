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
  /** What was written. The writer may not be used after it. */
  bytes(): Uint8Array;
}

interface State extends Writer {
  buffer: Uint8Array;
  length: number;
}

const reserve = (state: State, bytes: number): void => {
  const length = state.length + bytes;
  if (length <= state.buffer.length) return;
  const grown = new Uint8Array(Math.max(state.buffer.length * 2, length));
  grown.set(state.buffer);
  state.buffer = grown;
};

// Shared by all writers: a board pays each closure anew, at the time when it sends.
const methods: Writer & ThisType<State> = {
  byte(value) {
    reserve(this, 1);
    this.buffer[this.length++] = value;
  },
  varint(value) {
    let rest = value > 0 ? Math.min(value, integerLimit) : 0;
    while (rest >= 128) {
      this.byte((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  },
  uint32(value) {
    for (let shift = 0; shift < 32; shift += 8) this.byte((value >>> shift) & 255);
  },
  raw(bytes) {
    reserve(this, bytes.length);
    // Espruino takes a view of length 0 for one of the whole buffer.
    if (bytes.length > 0) this.buffer.set(bytes, this.length);
    this.length += bytes.length;
  },
  text(text) {
    reserve(this, text.length);
    putText(this.buffer, text, this.length);
    this.length += text.length;
  },
  bytes() {
    if (this.length === 0) return new Uint8Array(0);
    const view = new Uint8Array(this.buffer.buffer, 0, this.length);
    return this.length * 2 < this.buffer.length ? new Uint8Array(view) : view;
  },
};

const usualBytes = 64;

/** `sizeBytes`: about how much will be written. */
export const createWriter = (sizeBytes?: number): Writer => {
  const writer = Object.create(methods) as State;
  writer.buffer = new Uint8Array(sizeBytes || usualBytes);
  writer.length = 0;
  return writer;
};
