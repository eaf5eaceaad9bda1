import { defaultPrefix, topicOf } from "../shared/topic.ts";
import { allParts } from "./all-parts.ts";
import { createLoggerOn, type Logger, type LoggerOptions } from "./logger.ts";
import { createMirror, type MirrorConsole } from "./mirror.ts";
import { createMqttLink, createNodePlatform, type MqttClient } from "./platforms/node.ts";
import { cleanDevice } from "./setup.ts";

export type { DropReason, Level } from "../shared/event.ts";
export type { Logger, LoggerOptions, LogMethods, Stats, TaggedLogger } from "./logger.ts";
export type { MirrorConsole } from "./mirror.ts";
export type { MqttClient } from "./platforms/node.ts";
export type { Dropped } from "./tally.ts";

export interface NodeLoggerOptions extends LoggerOptions {
  /** A client of the `mqtt` package. It reconnects by itself, and stays the application's to end. */
  mqtt: MqttClient;
  /** Shows each event there as well. */
  console?: MirrorConsole;
}

const defaultBytes = 65_536;
const rateLimit = { perSecond: 50, burst: 1_000 };
const places = { sites: 250, texts: 128, characters: 65_536 };

/**
 * A logger for Node.
 *
 * ```ts
 * const client = mqtt.connect("mqtt://broker.local", connectOptions("pump-7"));
 * const log = createLogger({ device: "pump-7", mqtt: client });
 * log.info("temp %d of %s", 21, "inlet");
 * ```
 */
export const createLogger = (options: NodeLoggerOptions): Logger => {
  const host = {
    platform: createNodePlatform(),
    link: createMqttLink(options.mqtt),
    defaultBytes,
    places,
    parts: allParts,
    rateLimit,
  };
  return createLoggerOn(host, options, options.console && createMirror(options.console));
};

/** What `mqtt.connect` should be given as well: a last will, so that the broker says who is gone. */
export interface ConnectOptions {
  clientId: string;
  will: { topic: string; payload: Buffer; qos: 1; retain: true };
}

/** Client id and last will of a device: the broker itself says `offline` when the connection breaks. */
export const connectOptions = (device: string, prefix: string = defaultPrefix): ConnectOptions => ({
  clientId: cleanDevice(device),
  will: {
    topic: topicOf(prefix, cleanDevice(device), "state"),
    payload: Buffer.from("offline"),
    qos: 1,
    retain: true,
  },
});
