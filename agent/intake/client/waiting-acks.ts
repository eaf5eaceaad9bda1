import { decodeAck } from "../../../shared/codec/downlink.ts";

export interface WaitingAck {
  device: string;
  payload: Buffer;
}

/** Acks that wait for a connection: of each device and boot the newest, for it says all. */
export interface WaitingAcks {
  /** False where the oldest had to give way: its device sends again. */
  add(ack: WaitingAck): boolean;
  /** Takes out the one whose device and boot have waited longest. */
  take(): WaitingAck | undefined;
  count(): number;
}

const keyOf = ({ device, payload }: WaitingAck): string => {
  const decoded = decodeAck(payload);
  return decoded.ok ? `${device} ${decoded.ack.boot.nonce}-${decoded.ack.boot.number}` : device;
};

export const createWaitingAcks = (limit: number): WaitingAcks => {
  /** In the order in which they are sent; one that is replaced keeps its place. */
  const acks = new Map<string, WaitingAck>();

  const takeOldest = (): WaitingAck | undefined => {
    for (const [key, ack] of acks) {
      acks.delete(key);
      return ack;
    }
    return undefined;
  };
  return {
    add(ack) {
      const key = keyOf(ack);
      const hasRoom = acks.size < limit || acks.has(key);
      if (!hasRoom) takeOldest();
      acks.set(key, ack);
      return hasRoom;
    },
    take: takeOldest,
    count: () => acks.size,
  };
};
