import type { Client, PublishPacket, Subscription } from "aedes";
import { parseTopic, type Source, topicOf } from "../../shared/topic.ts";
import { presenceLimit, presenceOf } from "./intake.ts";

/** Topics a connection may listen on: more than a gateway with many devices needs. */
const subscriptionsLimit = 1_000;

/** What clients of the embedded broker may say and hear. */
export interface Permissions {
  /** Where a message comes from; an error where it may not be published. Takes its retain flag off if need be. */
  publish(packet: PublishPacket): Source | Error;
  /** Where frames on this topic come from, whatever they are; null where none may be published. */
  frames(topic: string): Source | null;
  subscribe(client: Client, subscription: Subscription): boolean;
}

/**
 * Devices publish frames, which are never retained, and `online` or `offline`, which are. They
 * listen on `down` and `state` topics by name, without wildcards.
 */
export const createPermissions = (prefix: string): Permissions => {
  const retained = new Set<string>();
  const subscriptions = new WeakMap<Client, number>();

  const mayRetain = ({ topic }: PublishPacket, { device, channel }: Source): boolean => {
    if (channel !== "state" || topic !== topicOf(prefix, device, channel)) return false;
    if (!retained.has(topic) && retained.size >= presenceLimit) return false;
    retained.add(topic);
    return true;
  };
  const refusal = (packet: PublishPacket, source: Source | null): Error | null => {
    const { topic, payload } = packet;
    if (source === null || source.channel === "down") {
      return new Error(`publishing to "${topic}" is not allowed`);
    }
    const isState = source.channel === "state" && payload.length > 0;
    return isState && presenceOf(Buffer.from(payload)) === null
      ? new Error(`"${topic}" takes only "online" and "offline"`)
      : null;
  };
  return {
    publish(packet) {
      const source = parseTopic(prefix, packet.topic);
      const refused = refusal(packet, source);
      if (refused !== null || source === null) return refused as Error;
      packet.retain &&= mayRetain(packet, source);
      return source;
    },
    frames(topic) {
      const source = parseTopic(prefix, topic);
      return source?.channel === "up" ? source : null;
    },
    subscribe(client, { topic }) {
      const source = parseTopic(prefix, topic);
      const count = (subscriptions.get(client) ?? 0) + 1;
      if (source === null || source.channel === "up" || count > subscriptionsLimit) return false;
      subscriptions.set(client, count);
      return true;
    },
  };
};
