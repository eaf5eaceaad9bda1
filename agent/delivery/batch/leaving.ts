import type { IntentStamp } from "../../spool/intent.ts";
import type { Streams } from "../stream.ts";
import type { BootEntries } from "./boot-entries.ts";
import type { PendingEntry } from "./pending.ts";

/** Tells of each event that is taken whether a rule sends it elsewhere. */
export const createLeaving = (
  streams: Pick<Streams, "elsewhere" | "mayLeave">,
): ((boot: BootEntries, stamp: IntentStamp, entry: PendingEntry | null) => boolean) => {
  let last: BootEntries | undefined;
  let mayLeave = false;
  return (boot: BootEntries, stamp: IntentStamp, entry: PendingEntry | null): boolean => {
    if (boot !== last) {
      last = boot;
      mayLeave = streams.mayLeave(boot.device);
    }
    const event = mayLeave ? (entry === null ? boot.plain : entry.event) : null;
    return event !== null && streams.elsewhere(boot, event.site, stamp.epochMs) !== null;
  };
};
