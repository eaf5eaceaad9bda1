import type { Delivery } from "./delivery.ts";
import { fatalRank } from "./rank.ts";
import type { Recorder } from "./recorder.ts";
import type { Setup } from "./setup.ts";

const uncaughtFormat = "uncaught %s %s";

const flagsFormat = "error flags: %s";

/** Of a stack, what an event shows: its first lines. */
const stackCharacters = 160;

const stackOf = (thrown: unknown): string => {
  try {
    return String((thrown as Error).stack || "").slice(0, stackCharacters);
  } catch {
    return "";
  }
};

/** The last words of a program: what nobody has caught, and where it comes from. */
export const recordUncaught = (record: Recorder["record"], thrown: unknown): void =>
  record(fatalRank, "", [uncaughtFormat, thrown, stackOf(thrown)]);

/** Lets the host tell of its troubles; of uncaught exceptions where there is a `record` for them. */
export const watchTroubles = (
  setup: Setup,
  delivery: Delivery,
  record: Recorder["record"] | null,
): void => {
  if (!setup.platform.watch) return;
  setup.platform.watch({
    onUncaught: record && ((thrown) => recordUncaught(record, thrown)),
    onFlags(names) {
      delivery.shrink();
      setup.notify([flagsFormat, names.join(", ")]);
    },
  });
};
