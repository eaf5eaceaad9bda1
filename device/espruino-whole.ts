import { allParts } from "./all-parts.ts";
import { watchTroubles } from "./crash.ts";
import { createBoardLogger, type EspruinoLoggerOptions } from "./espruino.ts";
import type { Logger } from "./logger.ts";
import { createMirror } from "./mirror.ts";
import type { Parts } from "./parts.ts";

declare const exports: { createLogger: (options: EspruinoLoggerOptions) => Logger };
declare const require: (name: "fleetjnl") => Required<Pick<Parts, "openJournal">>;

exports.createLogger = (options) =>
  createBoardLogger(options, {
    addMetric: allParts.addMetric,
    addCommands: allParts.addCommands,
    createMirror,
    watchTroubles,
    openJournal: (platform, journal) => require("fleetjnl").openJournal(platform, journal),
  });
