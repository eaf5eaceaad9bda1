import { createBoardLogger, type EspruinoLoggerOptions } from "./espruino.ts";
import type { Logger } from "./logger.ts";

declare const exports: { createLogger: (options: EspruinoLoggerOptions) => Logger };

exports.createLogger = (options) => createBoardLogger(options, {});
