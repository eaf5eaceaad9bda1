import { defaultPrefix, topicOf } from "../shared/topic.ts";
import { allParts } from "./all-parts.ts";
import { createJournal } from "./journal/journal.ts";
import { createLoggerOn, type Logger, type LoggerOptions } from "./logger.ts";
import { createMirror, type MirrorConsole } from "./mirror.ts";
import type { Link, Platform } from "./platform.ts";
import { createMqttLink, createNodePlatform, type MqttClient } from "./platforms/node.ts";
import { createFileFlash } from "./platforms/node-files.ts";
import { createSerialLink, type SerialPort } from "./platforms/serial.ts";
import { cleanDevice } from "./setup.ts";

export type { DropReason, Level } from "../shared/event.ts";
export type { Logger, LoggerOptions, LogMethods, Stats, TaggedLogger } from "./logger.ts";
export type { MirrorConsole } from "./mirror.ts";
export type { MqttClient } from "./platforms/node.ts";
export { type ConsoleOptions, captureConsole } from "./platforms/node-console.ts";
export { captureExit, type ExitLogger, type ExitOptions } from "./platforms/node-exit.ts";
export type { SerialPort } from "./platforms/serial.ts";
export type { Dropped } from "./tally.ts";

export interface NodeLoggerOptions extends LoggerOptions {
  /** A client of the `mqtt` package. It reconnects by itself, and stays the application's to end. */
  mqtt?: MqttClient;
  /** In place of `mqtt`: a serial port, or another stream, with `fleetlog gateway` at its other end. */
  link?: SerialPort;
  /** Shows each event there as well. */
  console?: MirrorConsole;
  /** Folder where frames outlive the process and a loss of power; one process at a time. Absent: RAM alone. */
  journal?: string;
}

/** What may be written to `journal` a day: a card or disk takes more than a board's flash. */
const dayBytes = 67_108_864;
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
  const platform = createNodePlatform();
  const folder = options.journal;
  const host = {
    platform,
    link: linkOf(platform, options),
    journal: folder ? createJournal({ flash: createFileFlash(folder), platform, dayBytes }) : null,
    defaultBytes,
    places,
    parts: allParts,
    rateLimit,
  };
  const shown = options.console;
  // As it is now: `captureConsole` may replace what the console has later.
  return createLoggerOn(host, options, shown && createMirror({ log: shown.log.bind(shown) }));
};

const linkOf = (platform: Platform, options: NodeLoggerOptions): Link => {
  if (options.mqtt !== undefined) return createMqttLink(options.mqtt);
  if (options.link === undefined) throw new Error("Cannot create a logger: give it mqtt or link");
  const device = cleanDevice(options.device);
  return createSerialLink({
    platform,
    port: options.link,
    root: topicOf(options.prefix || defaultPrefix, device, "up").slice(0, -"/up".length),
    encode: (bytes) => Buffer.from(bytes).toString("base64"),
  });
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
