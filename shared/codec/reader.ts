/** Why bytes could not be read: a reader sets it once, then answers 0 and empty. */
export interface ReadFault {
  offset: number;
  reason: string;
}

/** Takes apart what a `Writer` wrote. Never throws: look at `fault()` before using what it gave. */
export interface Reader {
  byte(): number;
  varint(): number;
  zigzag(): number;
  uint32(): number;
  double(): number;
  /** Range of the block's bytes in the buffer. */
  block(): { from: number; to: number };
  offset(): number;
  isAtEnd(): boolean;
  fail(reason: string): void;
  fault(): ReadFault | null;
}

const varintLimitBytes = 8;

export const createReader = (bytes: Uint8Array, from: number): Reader => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = from;
  let fault: ReadFault | null = null;

  const fail = (reason: string): void => {
    if (fault === null) fault = { offset, reason };
    offset = bytes.length;
  };
  const has = (count: number): boolean => {
    if (offset + count <= bytes.length) return true;
    fail(`ends ${offset + count - bytes.length} bytes too early`);
    return false;
  };
  const byte = (): number => (has(1) ? (bytes[offset++] as number) : 0);
  const varint = (): number => {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < varintLimitBytes; count++) {
      const next = byte();
      value += (next & 127) * scale;
      if (next < 128) return inRange(value);
      scale *= 128;
    }
    fail("number longer than 8 bytes");
    return 0;
  };
  const inRange = (value: number): number => {
    if (value <= 9007199254740991) return value;
    fail("number above 2^53 - 1");
    return 0;
  };
  return {
    byte,
    varint,
    fail,
    zigzag() {
      const first = byte();
      const low = (first & 127) >> 1;
      const magnitude = inRange(first < 128 ? low : varint() * 64 + low);
      return first & 1 ? -1 - magnitude : magnitude;
    },
    uint32() {
      if (!has(4)) return 0;
      offset += 4;
      return view.getUint32(offset - 4, true);
    },
    double() {
      if (!has(8)) return 0;
      offset += 8;
      return view.getFloat64(offset - 8, true);
    },
    block() {
      const length = varint();
      if (!has(length)) return { from: 0, to: 0 };
      offset += length;
      return { from: offset - length, to: offset };
    },
    offset: () => offset,
    isAtEnd: () => offset >= bytes.length,
    fault: () => fault,
  };
};
