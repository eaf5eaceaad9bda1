import { defaultPrefix, topicOf } from "../shared/topic.ts";
import { createLoggerOn, type Logger, type LoggerOptions } from "./logger.ts";
import { addMetric } from "./metric.ts";
import { createEspruinoPlatform } from "./platforms/espruino.ts";
import { createSerialLink, type SerialPort } from "./platforms/serial.ts";
import { cleanDevice } from "./setup.ts";

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
  return createLoggerOn({ platform, link, defaultBytes, places, parts: { addMetric } }, settings);
};
