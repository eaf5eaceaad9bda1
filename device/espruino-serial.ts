import { defaultPrefix, topicOf } from "../shared/topic.ts";
import { allParts } from "./all-parts.ts";
import { createLoggerOn, type Logger, type LoggerOptions } from "./logger.ts";
import { createEspruinoPlatform, resetReason } from "./platforms/espruino.ts";
import { createSerialLink, type SerialPort } from "./platforms/serial.ts";
import { cleanDevice, type Host } from "./setup.ts";

declare const exports: { createLogger: (options: EspruinoSerialOptions) => Logger };
declare const getSerial: () => string;
declare const btoa: (bytes: Uint8Array) => string;

export interface EspruinoSerialOptions extends Omit<LoggerOptions, "device"> {
  /** Id of the device; the board's serial number. */
  device?: string;
  /** The way to a gateway: `Serial1`, `Bluetooth`, or what else has `write` and tells of `data`. */
  link: SerialPort;
  /** One more source of noise for the boot's identity, an open analogue pin for instance. */
  noise?: () => unknown;
}

const defaultBytes = 2_048;
const rateLimit = { perSecond: 5, burst: 100 };
const places = { sites: 64, texts: 16, characters: 2_048 };

exports.createLogger = (options) => {
  const platform = createEspruinoPlatform(options.noise);
  const settings = options as LoggerOptions;
  settings.device = cleanDevice(options.device || getSerial());
  const link = createSerialLink({
    platform,
    port: options.link,
    root: topicOf(options.prefix || defaultPrefix, settings.device, "up").slice(0, -3),
    encode: btoa,
  });
  const parts = { addMetric: allParts.addMetric, addCommands: allParts.addCommands };
  const host: Host = { platform, link, defaultBytes, places, rateLimit, parts };
  const reason = resetReason();
  if (reason) host.resetReason = reason;
  return createLoggerOn(host, settings);
};
