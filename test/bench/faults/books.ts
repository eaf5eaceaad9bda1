import type { ReadEvent } from "../../../agent/demo/read-all.ts";
import { type Found, gather, nothingFound, numberOf, type Told } from "./found.ts";
import { type Books, emptyBooks } from "./ledger.ts";
import type { TrueBoot } from "./truth.ts";

const countBackwards = ({ sightings }: Found): number => {
  let latestMs = 0;
  let latestOrdinal = -1;
  let backwards = 0;
  for (const sighting of [...sightings.values()].sort((left, right) => left.seq - right.seq)) {
    const { leastMs, mostMs, ordinal } = sighting;
    if (leastMs < latestMs || ordinal < latestOrdinal) backwards++;
    latestMs = Math.max(latestMs, mostMs);
    latestOrdinal = ordinal;
  }
  return backwards;
};

/** Enters what is not delivered of a boot: counted, taken with the power, or missing. */
const settle = (books: Books, truth: TrueBoot, at: Found, told: Told[]): void => {
  const logged = truth.calls.length + Math.max(truth.own, at.own);
  const delivered = at.sightings.size + at.own;
  books.logged += logged;
  books.delivered += delivered;
  const lacking = logged - delivered - at.counted;
  if (lacking <= 0) {
    books.overcounted -= lacking;
    return;
  }
  const { device, boot, hasFlash, isClosed } = truth;
  if (isClosed) {
    books.missing += lacking;
    return;
  }
  // The count of those that got no seq goes with the power as well, and no interval of seqs has it.
  const uncounted = Math.max(0, truth.refused - at.counted);
  const together = told.find(
    (other) =>
      other.device === device &&
      hasFlash &&
      numberOf(boot) <= other.number &&
      other.atMost > 0 &&
      at.sightings.size === 0,
  );
  let reported = at.closedAt !== null ? Number.POSITIVE_INFINITY : at.atMost + uncounted;
  if (reported < lacking && together !== undefined) {
    const most = Math.min(lacking - reported, together.atMost);
    together.atMost -= most;
    reported += most;
  }
  const isUnheard = !hasFlash && at.sightings.size === 0 && at.own === 0 && at.closedAt === null;
  if (isUnheard) {
    books.unheard += lacking;
    return;
  }
  // Power takes no seq that the agent has acked, and nothing behind such a one.
  const holes = at.spans.holes(at.closedAt ?? 0);
  const missing = Math.min(lacking, Math.max(holes, lacking - reported));
  books.missing += missing;
  books.taken += lacking - missing;
};

/**
 * Compares what devices wrote down beside their loggers with what can be read, boot by boot.
 *
 * Of a boot that was closed, everything is delivered or counted. Of one that died the rest is what was
 * in RAM: with flash, no more than `power_loss` says at most, and the drops whose count was in RAM too;
 * without, what comes after the seq that `boot_closed` names. A seq before that of which nothing can be
 * read is missing, however wide the interval. A boot without flash of which nothing ever
 * arrived is known to nobody: its events are `unheard`.
 */
export const balance = (boots: readonly TrueBoot[], streams: readonly ReadEvent[][]): Books => {
  const books = emptyBooks();
  const truths = new Map(boots.map((truth) => [`${truth.device} ${truth.boot}`, truth]));
  const { found, told } = gather(books, truths, streams);
  for (const [key, truth] of truths) {
    const at = found.get(key) ?? nothingFound();
    books.boots++;
    books.outOfOrder += countBackwards(at);
    settle(books, truth, at, told);
  }
  return books;
};
