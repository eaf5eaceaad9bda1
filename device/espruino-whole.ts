import { addCommands } from "./commands.ts";
import { createBoardLogger, type EspruinoLoggerOptions } from "./espruino.ts";
import type { Logger } from "./logger.ts";
import { addMetric } from "./metric.ts";

declare const exports: { createLogger: (options: EspruinoLoggerOptions) => Logger };

exports.createLogger = (options) => createBoardLogger(options, { addMetric, addCommands });
