import { ErrorWithSubackPacket, type MqttClient } from "mqtt";
import { filtersPerSubscribe } from "./limits.ts";

/** What one connection listens to. */
export interface Subscriptions {
  /**
   * Resolves once the broker has granted all filters that are wanted by then, and no others. Rejects
   * with the first that it refuses.
   */
  follow(wanted: () => ReadonlySet<string>): Promise<void>;
}

type Client = Pick<MqttClient, "subscribeAsync" | "unsubscribeAsync">;

const partsOf = (filters: string[]): string[][] => {
  const parts: string[][] = [];
  for (let from = 0; from < filters.length; from += filtersPerSubscribe) {
    parts.push(filters.slice(from, from + filtersPerSubscribe));
  }
  return parts;
};

const refusedOf = (cause: unknown, filters: string[]): string | undefined => {
  const granted = cause instanceof ErrorWithSubackPacket ? cause.packet.granted : [];
  return filters.find((_filter, index) => Number(granted[index] ?? 0) >= 128);
};

const subscribe = async (client: Client, filters: string[]): Promise<void> => {
  try {
    await client.subscribeAsync(filters, { qos: 1 });
  } catch (cause) {
    const refused = refusedOf(cause, filters);
    if (refused === undefined) throw cause;
    throw new Error(`it refuses to let us subscribe to "${refused}"`, { cause });
  }
};

export const createSubscriptions = (client: Client): Subscriptions => {
  const granted = new Set<string>();
  let isFollowing = false;
  let following = Promise.resolve();

  const follow = async (wanted: () => ReadonlySet<string>): Promise<void> => {
    isFollowing = true;
    try {
      for (;;) {
        const filters = wanted();
        const gone = [...granted].filter((filter) => !filters.has(filter));
        const added = [...filters].filter((filter) => !granted.has(filter));
        if (gone.length === 0 && added.length === 0) return;
        // What goes goes first, for a broker may limit how many there are.
        await Promise.all(partsOf(gone).map((part) => client.unsubscribeAsync(part)));
        for (const filter of gone) granted.delete(filter);
        await Promise.all(partsOf(added).map((part) => subscribe(client, part)));
        for (const filter of added) granted.add(filter);
      }
    } finally {
      isFollowing = false;
    }
  };
  return {
    follow(wanted) {
      if (!isFollowing) following = follow(wanted);
      return following;
    },
  };
};
