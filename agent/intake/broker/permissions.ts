import type { Client, PublishPacket, Subscription } from "aedes";
import { parseTopic, type Source, topicOf } from "../../../shared/topic.ts";
import { presenceLimit, presenceOf } from "../intake.ts";
import type { Grant } from "./credentials.ts";
import { endError } from "./end.ts";

/** Topics a connection may listen on: more than a gateway with many devices needs. */
const subscriptionsLimit = 1_000;

/** What clients of the embedded broker may say and hear. */
export interface Permissions {
  /** From now on the client may speak for these devices. */
  grant(client: Client, grant: Grant): void;
  /** Where a message comes from; an error where it may not be published. Takes its retain flag off if need be. */
  publish(client: Client | null, packet: PublishPacket): Source | Error;
  /** Where frames on this topic come from, whatever they are; null where the client may not publish any. */
  frames(client: Client, topic: string): Source | null;
  subscribe(client: Client, subscription: Subscription): boolean;
  /** Whether it is a last will of a device: `offline` on its `state` topic. */
  isWill(topic: string, payload: Uint8Array): boolean;
}

/**
 * Devices publish frames, which are never retained, and `online` or `offline`, which are. They
 * listen on `down` and `state` topics by name, without wildcards. Who has no grant speaks as `everyone`.
 */
export const createPermissions = (prefix: string, everyone: Grant = () => true): Permissions => {
  const retained = new Set<string>();
  const subscriptions = new WeakMap<Client, number>();
  const grants = new WeakMap<Client, Grant>();

  const maySpeak = (client: Client | null, device: string): boolean =>
    client === null || (grants.get(client) ?? everyone)(device);
  const mayRetain = ({ topic }: PublishPacket, { device, channel }: Source): boolean => {
    if (channel !== "state" || topic !== topicOf(prefix, device, channel)) return false;
    if (!retained.has(topic) && retained.size >= presenceLimit) return false;
    retained.add(topic);
    return true;
  };
  const refusal = (packet: PublishPacket, source: Source): Error | null => {
    const { topic, payload } = packet;
    const isState = source.channel === "state" && payload.length > 0;
    return isState && presenceOf(Buffer.from(payload)) === null
      ? endError("forbidden", `"${topic}" takes only "online" and "offline"`)
      : null;
  };
  return {
    grant: (client, grant) => void grants.set(client, grant),
    publish(client, packet) {
      const source = parseTopic(prefix, packet.topic);
      if (source === null || source.channel === "down" || !maySpeak(client, source.device)) {
        return endError("forbidden", `publishing to "${packet.topic}" is not allowed`);
      }
      const refused = refusal(packet, source);
      if (refused !== null) return refused;
      packet.retain &&= mayRetain(packet, source);
      return source;
    },
    frames(client, topic) {
      const source = parseTopic(prefix, topic);
      return source?.channel === "up" && maySpeak(client, source.device) ? source : null;
    },
    subscribe(client, { topic }) {
      const source = parseTopic(prefix, topic);
      const count = (subscriptions.get(client) ?? 0) + 1;
      if (source === null || source.channel === "up" || count > subscriptionsLimit) return false;
      if (!maySpeak(client, source.device)) return false;
      subscriptions.set(client, count);
      return true;
    },
    isWill: (topic, payload) =>
      parseTopic(prefix, topic)?.channel === "state" && presenceOf(payload) === false,
  };
};
