import { createLoggerOn, type Logger, type LoggerOptions } from "./logger.ts";
import type { MirrorConsole } from "./mirror.ts";
import type { Parts } from "./parts.ts";
import { createEspruinoPlatform, resetReason } from "./platforms/espruino.ts";
import { createStockMqttLink, type StockMqtt } from "./platforms/stock-mqtt.ts";
import type { Host } from "./setup.ts";

declare const getSerial: () => string;
declare const E: { CRC32(text: string): number };

export interface EspruinoLoggerOptions extends Omit<LoggerOptions, "device"> {
  /** Id of the device; the board's serial number. */
  device?: string;
  /** A client of the stock `MQTT` module. */
  mqtt: StockMqtt;
  /** False where the application connects by itself; the logger then only listens. */
  reconnect?: boolean;
  /** 0 unless the broker asks for 1; the module never sends again by itself. */
  qos?: 0 | 1;
  /** One more source of noise for the boot's identity, an open analogue pin for instance. */
  noise?: () => unknown;
  /** Shows each event there as well. */
  console?: MirrorConsole;
}

const defaultBytes = 2_048;
const rateLimit = { perSecond: 5, burst: 100 };
const places = { sites: 64, texts: 16, characters: 2_048 };

/** A logger on an Espruino board, with what the module's entry gives it. */
export const createBoardLogger = (options: EspruinoLoggerOptions, parts: Parts): Logger => {
  const platform = createEspruinoPlatform(options.noise);
  const device = options.device || getSerial();
  const link = createStockMqttLink({
    platform,
    mqtt: options.mqtt,
    qos: options.qos || 0,
    isReconnecting: options.reconnect !== false,
    seed: E.CRC32(device),
  });
  const settings = options as LoggerOptions;
  settings.device = device;
  const host: Host = { platform, link, defaultBytes, places, rateLimit, parts };
  const reason = resetReason();
  if (reason) host.resetReason = reason;
  const canMirror = options.console && parts.createMirror;
  const mirror = canMirror ? canMirror(options.console as MirrorConsole) : undefined;
  return createLoggerOn(host, settings, mirror);
};
