import { createReader, type Reader } from "../reader.ts";

/** One thing that was read: where, how many bytes, what. */
export interface Read {
  offset: number;
  length: number;
  value: number | string | Uint8Array;
}

/** Reads as any reader, for the decoder's own functions, and keeps what was read before a fault. */
export interface RecordingReader extends Reader {
  reads: Read[];
  /** How many reads there were each time someone asked for the end: entries begin there. */
  marks: number[];
}

export const createRecordingReader = (bytes: Uint8Array): RecordingReader => {
  const reader = createReader(bytes, 0);
  const reads: Read[] = [];
  const marks: number[] = [];

  const record = <Type extends Read["value"]>(read: () => Type): Type => {
    const offset = reader.offset();
    const value = read();
    if (reader.fault() === null) reads.push({ offset, length: reader.offset() - offset, value });
    return value;
  };
  return {
    ...reader,
    reads,
    marks,
    byte: () => record(reader.byte),
    varint: () => record(reader.varint),
    zigzag: () => record(reader.zigzag),
    uint32: () => record(reader.uint32),
    double: () => record(reader.double),
    single: () => record(reader.single),
    number: () => record(reader.number),
    text: (length) => record(() => reader.text(length)),
    bytes: (length) => record(() => reader.bytes(length)),
    isAtEnd() {
      if (reader.fault() === null) marks.push(reads.length);
      return reader.isAtEnd();
    },
  };
};
