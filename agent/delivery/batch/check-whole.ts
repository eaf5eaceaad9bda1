import { AgentError } from "../../errors.ts";
import type { Intent, IntentRun } from "../../spool/spool.ts";
import type { Batch } from "./batch.ts";
import { bootKeyOf } from "./pending.ts";

/** Whether a boot's entries reach as far as they did: a frame that changed on the disk is one entry. */
const isSameEnd = ({ entries }: Pick<Batch, "entries">, run: IntentRun): boolean => {
  const key = bootKeyOf(run);
  const reached = entries.reduce(
    (most, { bootKey, next }) => (bootKey === key ? Math.max(most, next) : most),
    run.from,
  );
  return reached === run.end;
};

/** Throws `INTENT_BROKEN` where the entries are not those that the intent names. */
export const checkWhole = (
  taken: Pick<Batch, "entries">,
  { lane, runs }: Pick<Intent, "lane" | "runs">,
  wanted: number,
): void => {
  const { entries } = taken;
  if (entries.length === wanted && runs.every((run) => isSameEnd(taken, run))) return;
  throw new AgentError(
    "INTENT_BROKEN",
    `Cannot repeat the batch for "${lane}": its intent names ${wanted} entries, the spool holds ${entries.length} of them, or others`,
  );
};
