import type { adoptLevel, takeCommand } from "./commands.ts";
import type { watchTroubles } from "./crash.ts";
import type { Logger } from "./logger.ts";
import type { createMirror } from "./mirror.ts";
import type { Recorder } from "./recorder.ts";

/** What a logger may do without: a module for boards that leaves it out is smaller. */
export interface Parts {
  addMetric?: (logger: Logger, record: Recorder["record"]) => void;
  commands?: { takeCommand: typeof takeCommand; adoptLevel: typeof adoptLevel };
  createMirror?: typeof createMirror;
  watchTroubles?: typeof watchTroubles;
}
