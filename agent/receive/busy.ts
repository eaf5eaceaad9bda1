import type { Device } from "../devices.ts";
import type { Spool } from "../spool/spool.ts";
import type { Answers } from "./answers.ts";
import type { Arrival } from "./arrival.ts";

/** How long a device waits before it sends again what was not stored. */
export const busyMs = 5_000;

export interface AskOptions {
  answers: Answers;
  spool: Pick<Spool, "synced">;
}

/** Answers a frame that is not even looked at with what its boot has so far, and `busy`. */
export const askToWait = (
  { answers, spool }: AskOptions,
  { clock, id, session }: Device,
  { header: { boot } }: Arrival,
): Promise<void> => {
  const known = { next: session.cursor(boot), definitions: session.definitions(boot) };
  return answers.give(spool.synced(), id, { boot, clock: clock(boot), ...known, busyMs });
};
