import { crc32 } from "./codec/crc32.ts";
import { toUtf8 } from "./codec/text.ts";
import { shardCount } from "./limits.ts";

/** First levels of every topic, unless a fleet chooses others. */
export const defaultPrefix = "fleetlog/1";

/** Device ids: 1 to 64 of these characters. */
export const isDeviceId = (id: string): boolean => /^[A-Za-z0-9._-]+$/.test(id) && id.length <= 64;

/** The part of the fleet a device belongs to, 0 to 63: CRC-32 of its id modulo 64. */
export const shardOf = (device: string): number => crc32(toUtf8(device)) % shardCount;

/** `up` frames, `down` acks and commands, `state` retained `online` or `offline`. */
export type Channel = "up" | "down" | "state";

export const topicOf = (prefix: string, device: string, channel: Channel): string =>
  `${prefix}/${shardOf(device)}/${device}/${channel}`;

/** What an agent subscribes to for one channel: of one shard, or with `+` of the whole fleet. */
export const fleetFilter = (prefix: string, channel: Channel, shard: number | "+"): string =>
  `${prefix}/${shard}/+/${channel}`;

/** Where agents announce their stores to each other. */
export const agentTopic = (prefix: string): string => `${prefix}/agent`;

/** Where a message came from. `shard` is the topic's and may not be the device's. */
export interface Source {
  device: string;
  shard: number;
  channel: Channel;
}

/** The parts of a fleetlog topic, or null for any other. */
export const parseTopic = (prefix: string, topic: string): Source | null => {
  if (topic.slice(0, prefix.length + 1) !== `${prefix}/`) return null;
  const parts = topic.slice(prefix.length + 1).split("/");
  const shard = parts[0];
  const device = parts[1];
  const channel = parts[2];
  if (parts.length !== 3 || shard === undefined || !/^(0|[1-9][0-9]*)$/.test(shard)) return null;
  if (device === undefined || !isDeviceId(device)) return null;
  if (channel !== "up" && channel !== "down" && channel !== "state") return null;
  return { device, shard: parseInt(shard, 10), channel };
};
