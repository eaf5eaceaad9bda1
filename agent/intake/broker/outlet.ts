import type { Socket } from "node:net";

/** Writes what needs no broker to one connection, between the packets that the broker writes. */
export interface Outlet {
  /** Says that a message was taken: soon, and together with others. */
  acknowledge(id: number): void;
  /** Sends a packet; not to a client that does not read. */
  send(packet: Uint8Array): void;
  /** The client does not read what was sent. */
  isBlocked(): boolean;
}

const pubackType = 0x40;
const pubackLength = 2;

/** An ack of the agent comes within that as a rule: then it shares the write, which costs more than a frame. */
const acknowledgeWithinMs = 100;

/** Nobody reads this much late; it may then be sent the same once more. */
const unsentLimitBytes = 65_536;

/** Calls them once, together with all others that ask meanwhile. */
const createGathering = (): ((flush: () => void) => void) => {
  let waiting: (() => void)[] = [];
  const flushAll = (): void => {
    const due = waiting;
    waiting = [];
    for (const flush of due) flush();
  };
  return (flush) => {
    if (waiting.push(flush) === 1) setTimeout(flushAll, acknowledgeWithinMs);
  };
};

/** One for each broker: the connections share a timer. */
export const createOutlets = (): ((socket: Socket) => Outlet) => {
  const gather = createGathering();
  return (socket) => {
    let ids: number[] = [];
    let isGathered = false;

    const takeIds = (): Buffer => {
      const packets = Buffer.allocUnsafe(ids.length * 4);
      for (let index = 0; index < ids.length; index++) {
        const id = ids[index] as number;
        packets.writeUInt16BE(pubackType * 256 + pubackLength, index * 4);
        packets.writeUInt16BE(id, index * 4 + 2);
      }
      ids = [];
      return packets;
    };
    const write = (packets: Uint8Array): void => {
      if (!socket.destroyed && socket.writable) socket.write(packets);
    };
    const flush = (): void => {
      isGathered = false;
      if (ids.length > 0) write(takeIds());
    };
    return {
      acknowledge(id) {
        ids.push(id);
        if (isGathered) return;
        isGathered = true;
        gather(flush);
      },
      send(packet) {
        if (socket.writableLength > unsentLimitBytes) return;
        write(ids.length > 0 ? Buffer.concat([takeIds(), packet]) : packet);
      },
      isBlocked: () => socket.writableNeedDrain,
    };
  };
};
