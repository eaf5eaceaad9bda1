import type { EspruinoJournalOptions } from "./espruino-journal.ts";
import { createLoggerOn, type Logger, type LoggerOptions } from "./logger.ts";
import type { MirrorConsole } from "./mirror.ts";
import type { Parts } from "./parts.ts";
import { createEspruinoPlatform, resetReason } from "./platforms/espruino.ts";
import { createStockLink } from "./platforms/stock-link.ts";
import type { StockLink, StockLinkOptions } from "./platforms/stock-state.ts";
import type { Host } from "./setup.ts";

declare const getSerial: () => string;
declare const E: { CRC32(text: string): number };

export interface EspruinoLoggerOptions extends Omit<LoggerOptions, "device">, StockLinkOptions {
  /** Id of the device; the board's serial number. */
  device?: string;
  /** One more source of noise for the boot's identity, an open analogue pin for instance. */
  noise?: () => unknown;
  /** Shows each event there as well. */
  console?: MirrorConsole;
  /** Keeps frames in flash; needs the module `fleetjnl`, which is not loaded without. */
  journal?: EspruinoJournalOptions;
}

export interface EspruinoLogger extends Logger, Pick<StockLink, "online" | "offline" | "attach"> {}

const defaultBytes = 2_048;
const rateLimit = { perSecond: 5, burst: 100 };
const places = { sites: 64, texts: 16, characters: 2_048 };

/** A logger on an Espruino board, with what the module's entry gives it. */
export const createBoardLogger = (options: EspruinoLoggerOptions, parts: Parts): EspruinoLogger => {
  const platform = createEspruinoPlatform(options.noise);
  const device = options.device || getSerial();
  const link = createStockLink(platform, options, E.CRC32(device));
  const settings = options as LoggerOptions;
  settings.device = device;
  const host: Host = { platform, link, defaultBytes, places, rateLimit, parts };
  const reason = resetReason();
  if (reason) host.resetReason = reason;
  const openJournal = parts.openJournal;
  const journal = options.journal;
  if (openJournal && journal) {
    host.openJournal = () => openJournal(platform, journal);
    host.journal = host.openJournal();
  }
  const canMirror = options.console && parts.createMirror;
  const mirror = canMirror ? canMirror(options.console as MirrorConsole) : undefined;
  const log = createLoggerOn(host, settings, mirror) as EspruinoLogger;
  log.online = link.online;
  log.offline = link.offline;
  log.attach = link.attach;
  return log;
};
