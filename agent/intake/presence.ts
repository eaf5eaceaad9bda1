import type { Time } from "../time.ts";
import { presenceLimit } from "./intake.ts";

/** How long a device of which no connection is known may send nothing and still be online. */
export const silenceMs = 900_000;

const sweepPauseMs = 60_000;

/** Which devices are online: as they, their last wills or the broker say, and as what they send shows. */
export interface Presence {
  /** The device sent a frame. */
  heard(device: string): void;
  /** It is said to have come or gone. */
  told(device: string, isOnline: boolean): void;
  isOnline(device: string): boolean;
  online(): string[];
  /** Looks for silence no more. */
  close(): void;
}

export interface PresenceOptions {
  time: Time;
  /** Whether a connection that spoke for the device is open; absent where that cannot be known. */
  isConnected?(device: string): boolean;
}

/** The stock MQTT module of Espruino sets no last will: who is gone is then known by silence alone. */
export const createPresence = ({ time, isConnected }: PresenceOptions): Presence => {
  /** When each device that is online was heard of last. */
  const heardMs = new Map<string, number>();
  let cancel = (): void => {};

  const sweep = (): void => {
    const limitMs = time.monotonicMs() - silenceMs;
    for (const [device, atMs] of heardMs) {
      if (atMs <= limitMs && isConnected?.(device) !== true) heardMs.delete(device);
    }
    if (heardMs.size > 0) watch();
  };
  const watch = (): void => {
    cancel = time.after(sweepPauseMs, sweep);
  };
  const heard = (device: string): void => {
    const isNews = !heardMs.has(device);
    if (isNews && heardMs.size >= presenceLimit) return;
    heardMs.set(device, time.monotonicMs());
    if (isNews && heardMs.size === 1) {
      cancel();
      watch();
    }
  };
  return {
    heard,
    told(device, isOnline) {
      if (isOnline) heard(device);
      else heardMs.delete(device);
    },
    isOnline: (device) => heardMs.has(device),
    online: () => [...heardMs.keys()],
    close: () => cancel(),
  };
};
