import { parseTopic, topicOf } from "../../../shared/topic.ts";
import type { Outlet } from "./outlet.ts";

/**
 * Which connections listen to which device's `down` topic. What the agent says goes straight to them:
 * through the broker, its store and its matching of topics a message costs ten times as much, and some
 * thousand at once overflow its stack.
 */
export interface Listeners {
  add(topic: string, outlet: Outlet): void;
  /** Of topics that the connection does not listen to as well. */
  remove(topic: string, outlet: Outlet): void;
  /** Lost without a word where nobody listens. */
  send(device: string, payload: Uint8Array): void;
}

interface Place {
  /** Of every packet: the topic with its length. */
  topic: Buffer;
  outlets: Set<Outlet>;
}

const publishType = 0x30;

/** A PUBLISH at QoS 0. */
const packetOf = (topic: Buffer, payload: Uint8Array): Buffer => {
  const length = topic.length + payload.length;
  const front = length < 128 ? 2 : length < 16_384 ? 3 : 4;
  const packet = Buffer.allocUnsafe(front + length);
  packet[0] = publishType;
  for (let at = 1, rest = length; at < front; at++, rest >>= 7) {
    packet[at] = (rest & 127) + (at < front - 1 ? 128 : 0);
  }
  packet.set(topic, front);
  packet.set(payload, front + topic.length);
  return packet;
};

const withLength = (topic: string): Buffer => {
  const bytes = Buffer.from(topic);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
};

export const createListeners = (prefix: string): Listeners => {
  const places = new Map<string, Place>();

  /** The device whose topic the agent sends to. */
  const deviceOf = (topic: string): string | null => {
    const source = parseTopic(prefix, topic);
    if (source?.channel !== "down") return null;
    return topic === topicOf(prefix, source.device, "down") ? source.device : null;
  };
  return {
    add(topic, outlet) {
      const device = deviceOf(topic);
      if (device === null) return;
      const place = places.get(device) ?? { topic: withLength(topic), outlets: new Set() };
      places.set(device, place);
      place.outlets.add(outlet);
    },
    remove(topic, outlet) {
      const device = deviceOf(topic);
      const outlets = device === null ? undefined : places.get(device)?.outlets;
      if (device === null || outlets === undefined) return;
      outlets.delete(outlet);
      if (outlets.size === 0) places.delete(device);
    },
    send(device, payload) {
      const place = places.get(device);
      if (place === undefined) return;
      const packet = packetOf(place.topic, payload);
      for (const outlet of place.outlets) outlet.send(packet);
    },
  };
};
