import { shardCount } from "../../../shared/limits.ts";

/** What a broker allows one connection. */
export interface ConnectionLimits {
  /** Connections that are made unless settings say how many. */
  connections: number;
  /** Publishes in any second, both ways together. */
  publishesPerSecond: number;
  subscriptions: number;
  /** Frames on their way to the agent without a PUBACK. */
  unacked: number;
}

/**
 * Of AWS IoT Core's other limits there is enough: 128 KB a payload, where a frame has 64 KiB; 512 KB/s,
 * where 100 frames of a device's usual size have 120 KB.
 */
const limits: Record<"none" | "aws-iot", ConnectionLimits> = {
  none: {
    connections: 1,
    publishesPerSecond: Number.POSITIVE_INFINITY,
    subscriptions: Number.POSITIVE_INFINITY,
    unacked: 256,
  },
  "aws-iot": { connections: 8, publishesPerSecond: 100, subscriptions: 50, unacked: 100 },
};

const awsIotHost = /\.iot\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/;

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).hostname : "");

/** The limits that are named, else those of the broker that the URL's host belongs to. */
export const limitsOf = (url: string, named?: "none" | "aws-iot"): ConnectionLimits =>
  limits[named ?? (awsIotHost.test(hostOf(url)) ? "aws-iot" : "none")];

/** Two filters a shard, and one for what agents tell each other. */
export const leastConnections = ({ subscriptions }: ConnectionLimits): number =>
  Math.ceil(shardCount / Math.min(shardCount, Math.floor((subscriptions - 1) / 2)));

/** What AWS IoT Core wants to hear in the TLS handshake, where its port is not 8883. */
export const alpnOf = (url: string, named?: "none" | "aws-iot"): string | undefined =>
  limitsOf(url, named) === limits["aws-iot"] && URL.canParse(url) && new URL(url).port === "443"
    ? "x-amzn-mqtt-ca"
    : undefined;

/** Filters of one SUBSCRIBE: AWS IoT Core takes no more, and no other broker minds. */
export const filtersPerSubscribe = 8;
