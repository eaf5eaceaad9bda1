import { AgentError } from "../../errors.ts";
import type { Intent } from "../../spool/intent.ts";
import type { Batch } from "./batch.ts";
import { bootKeyOf } from "./pending.ts";

/** First seq beyond what the entries have of each boot. */
const endsOf = (entries: Batch["entries"]): Map<string, number> => {
  const ends = new Map<string, number>();
  for (const { bootKey, next } of entries) {
    ends.set(bootKey, Math.max(next, ends.get(bootKey) ?? 0));
  }
  return ends;
};

/** Throws `INTENT_BROKEN` where the entries are not those that the intent names. */
export const checkWhole = (
  { entries }: Pick<Batch, "entries">,
  { lane, runs }: Pick<Intent, "lane" | "runs">,
  wanted: number,
): void => {
  const ends = endsOf(entries);
  // A frame that changed on the disk is one entry, and others may have taken the place of the rest.
  const isSame = runs.every((run) => (ends.get(bootKeyOf(run)) ?? run.from) === run.end);
  if (entries.length === wanted && isSame) return;
  throw new AgentError(
    "INTENT_BROKEN",
    `Cannot repeat the batch for "${lane}": its intent names ${wanted} entries, the spool holds ${entries.length} of them, or others`,
  );
};
