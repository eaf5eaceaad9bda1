/** Writes PUBLISH packets, QoS 1, one behind the other. */
export interface Publisher {
  /**
   * Appends a packet whose payload `write` puts into the buffer from `at` on; it gives where that
   * ends. Of no more than `payloadLimitBytes`.
   */
  add(write: (target: Buffer, at: number) => number): void;
  /** What was added since, as bytes of its own. */
  take(): Buffer;
}

const typeByte = 0x32;

/** The packet's type, up to 4 bytes of length. */
const startBytes = 5;

const idLimit = 65_535;

/** `topic`: at most 127 bytes. All publishers of a process may share a `scratch`. */
export const createPublisher = (topic: string, scratch: Buffer): Publisher => {
  const name = Buffer.from(topic);
  const payloadAt = startBytes + 2 + name.length + 2;
  let parts: Buffer[] = [];
  let id = 0;

  return {
    add(write) {
      const end = write(scratch, payloadAt);
      const length = end - startBytes;
      const lengthBytes = length < 128 ? 1 : length < 16_384 ? 2 : length < 2_097_152 ? 3 : 4;
      let at = startBytes - lengthBytes - 1;
      const begin = at;
      scratch[at++] = typeByte;
      let rest = length;
      for (let left = lengthBytes; left > 0; left--) {
        scratch[at++] = (rest % 128) + (left > 1 ? 128 : 0);
        rest = Math.floor(rest / 128);
      }
      at = scratch.writeUInt16BE(name.length, at);
      scratch.set(name, at);
      id = (id % idLimit) + 1;
      scratch.writeUInt16BE(id, at + name.length);
      parts.push(Buffer.from(scratch.subarray(begin, end)));
    },
    take() {
      const bytes = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
      parts = [];
      return bytes;
    },
  };
};
