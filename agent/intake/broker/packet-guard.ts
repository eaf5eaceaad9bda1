import type { Socket } from "node:net";
import { endError } from "./end.ts";

/** The first packet of a connection: what a CONNECT with its will needs. */
const connectLimitBytes = 4_096;

/** Every other packet: the largest frame and its topic, with room for later versions. */
const packetLimitBytes = 131_072;

const lengthLimitBytes = 4;

/**
 * Follows the packets in a stream of MQTT bytes; false once one announces more than is allowed,
 * which is before it has arrived.
 *
 *   ┌──────┬─────────────────┬──────────────┐
 *   │ type │ length, 7 bits  │ the packet   │
 *   │ 1    │ a byte, 1 to 4  │ length       │
 *   └──────┴─────────────────┴──────────────┘
 */
export const createPacketGuard = (): ((chunk: Uint8Array) => boolean) => {
  let limitBytes = connectLimitBytes;
  /** Of the packet under way. */
  let leftBytes = 0;
  /** Bytes of the next packet's head that were seen: its type, then those of its length. */
  let headBytes = 0;
  let length = 0;

  const takeHead = (byte: number): boolean => {
    headBytes++;
    if (headBytes === 1) return true;
    length += (byte & 127) * 128 ** (headBytes - 2);
    if (byte >= 128) return headBytes <= lengthLimitBytes;
    if (length > limitBytes) return false;
    leftBytes = length;
    length = 0;
    headBytes = 0;
    limitBytes = packetLimitBytes;
    return true;
  };
  return (chunk) => {
    let offset = 0;
    while (offset < chunk.length) {
      if (leftBytes > 0) {
        const skipped = Math.min(leftBytes, chunk.length - offset);
        leftBytes -= skipped;
        offset += skipped;
      } else if (!takeHead(chunk[offset++] as number)) return false;
    }
    return true;
  };
};

/** Ends a connection that announces a packet too large; the broker's parser has no limit of its own. */
export const guardPackets = (socket: Socket): void => {
  const isAllowed = createPacketGuard();
  const read = socket.read.bind(socket);
  socket.read = (sizeBytes) => {
    const chunk: Buffer | null = read(sizeBytes);
    if (chunk === null || isAllowed(chunk)) return chunk;
    socket.destroy(
      endError(
        "too_large",
        `it sent a packet beyond the limit of ${packetLimitBytes} bytes, ${connectLimitBytes} for the first`,
      ),
    );
    return null;
  };
};
