import type { Client } from "aedes";
import { presenceLimit } from "../intake.ts";

/**
 * Which connection speaks for each device: the last that sent something of it. So the will of a
 * connection that another has replaced says nothing, and a connection that ends without a will leaves
 * no device online.
 */
export interface Speakers {
  /** The connection is accepted; what one with the same client id spoke for is its own now. */
  enter(client: Client): void;
  speak(client: Client, device: string): void;
  /** Nobody speaks for the device any more, if this connection did. */
  release(client: Client, device: string): void;
  of(device: string): Client | undefined;
  /** Whether what the will of a connection says is news: nobody else speaks for the device. */
  isLast(client: Client | null, device: string): boolean;
  /** The connection has ended; gives the devices that nobody speaks for any more. */
  leave(client: Client): string[];
}

export const createSpeakers = (): Speakers => {
  const newest = new Map<string, Client>();
  const speakers = new Map<string, Client>();
  const devices = new Map<Client, Set<string>>();

  const release = (client: Client, device: string): void => {
    if (speakers.get(device) !== client) return;
    speakers.delete(device);
    devices.get(client)?.delete(device);
  };
  const speak = (client: Client, device: string): void => {
    const before = speakers.get(device);
    if (before === client || client.closed) return;
    if (before === undefined && speakers.size >= presenceLimit) return;
    if (before !== undefined) devices.get(before)?.delete(device);
    speakers.set(device, client);
    const own = devices.get(client) ?? new Set();
    devices.set(client, own.add(device));
  };
  const handOver = (from: Client, to: Client): void => {
    for (const device of devices.get(from) ?? []) speak(to, device);
  };
  return {
    enter(client) {
      const before = newest.get(client.id);
      newest.set(client.id, client);
      if (before !== undefined) handOver(before, client);
    },
    speak,
    release,
    of: (device) => speakers.get(device),
    isLast(client, device) {
      if (client === null || newest.get(client.id) !== client) return false;
      const speaker = speakers.get(device);
      return speaker === undefined || speaker === client;
    },
    leave(client) {
      if (newest.get(client.id) === client) newest.delete(client.id);
      const left = [...(devices.get(client) ?? [])];
      for (const device of left) release(client, device);
      devices.delete(client);
      return left;
    },
  };
};
