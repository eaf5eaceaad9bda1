import { unrecordedSeqs } from "../../shared/limits.ts";
import type { Message, Notice } from "./delivered.ts";
import type { Ledger } from "./ledger.ts";
import type { BootTruth, Logged } from "./truth.ts";

/** Seqs of which something told that their events may be missing. */
export interface Cover {
  from: number;
  end: number;
  /** Events that it accounts for yet. */
  left: number;
}

const forever = Number.POSITIVE_INFINITY;

/** Reasons of frames that gave way: the notice is at the frame's first seq that was not stored. */
export const ofFrames = ["outbox_full", "refused", "unreadable"];

/** Names a notice among those of its boot; copies of it are the same. */
export const keyOf = ({ event, reason, count, of }: Notice, seq: number): string =>
  `${event} ${reason} ${seq} ${of} ${count}`;

const endOfTombstone = ({ tombstones }: BootTruth, seq: number): number =>
  tombstones.reduce(
    (most, { first, end }) => (first <= seq && seq < end ? Math.max(most, end) : most),
    seq,
  );

/** What a notice of the boot says of its seqs; null where that is nothing. */
const coverOf = (boot: BootTruth, notice: Notice, seq: number): Cover | null => {
  const { event, reason, count, boots } = notice;
  const isTogether = boots > 1;
  if (event === "boot_closed") return { from: isTogether ? 0 : seq, end: forever, left: forever };
  if (isTogether) return { from: 0, end: unrecordedSeqs, left: unrecordedSeqs };
  if (event === "dropped" && ofFrames.includes(reason)) {
    return { from: seq, end: endOfTombstone(boot, seq), left: count };
  }
  const isOfSeqs = ["power_loss", "agent_state_lost"].includes(reason);
  return event === "dead_letter" || isOfSeqs ? { from: seq, end: seq + count, left: count } : null;
};

/** What was told of seqs of the boot that are missing, by notices and by bytes kept as dead letters. */
export const coversOf = (
  { letters, truth }: Ledger,
  boot: BootTruth,
  messages: readonly Message[],
): Cover[] => {
  const covers: Cover[] = [];
  const seen = new Set<string>();
  for (const { notice, seq } of messages) {
    if (notice === null || seen.has(keyOf(notice, seq))) continue;
    seen.add(keyOf(notice, seq));
    const cover = coverOf(boot, notice, seq);
    if (cover === null) continue;
    // Flash of before bounds what was lost by what it had recorded then.
    const isOfOldFlash = notice.isAtMost && truth.restored.has(boot.device);
    covers.push(isOfOldFlash ? { ...cover, end: forever, left: forever } : cover);
  }
  for (const { content } of letters) {
    if (Array.isArray(content)) continue;
    const bytes = Buffer.from(content.base64, "base64");
    // What the store had of a frame ends with it.
    const sent = boot.sent.find(({ payload }) => bytes.subarray(-payload.length).equals(payload));
    if (sent !== undefined) covers.push({ from: sent.first, end: sent.end, left: forever });
  }
  // The module says so at once, and counts them: it does not refuse what it may well deliver.
  if (boot.unreserved > 0) {
    covers.push({ from: unrecordedSeqs, end: forever, left: boot.unreserved });
  }
  return covers;
};

/**
 * Whether nobody is left who could tell of the boot: no store there is now has heard of it. What its flash
 * held the device would tell with the first frame of a later boot, unless the store that got that is gone.
 */
export const isLostUnheard = ({ machine, truth }: Ledger, boot: BootTruth): boolean => {
  const sinceMs = machine.replacements.at(-1)?.atMs ?? 0;
  if (boot.acked.some(({ atMs }) => atMs >= sinceMs)) return false;
  if (!boot.isRemembered || boot.acked.length > 0) return true;
  const later = truth.boots.slice(truth.boots.indexOf(boot) + 1);
  return !later.some(
    ({ device, acked }) => device === boot.device && (acked[0]?.atMs ?? 0) >= sinceMs,
  );
};

/** Whether what is missing of the boot cannot be told from what another has under its name. */
export const isTakenForAnother = (
  { namesakes, truth: { boots } }: Ledger,
  boot: BootTruth,
): boolean => {
  const others = namesakes(boot).filter((each) => each !== boot);
  const isAcked = boot.acked.some(({ isOwn }) => isOwn);
  return others.some((other) => !isAcked || boots.indexOf(other) > boots.indexOf(boot));
};

/**
 * Whether a namesake's frame had the seq after this boot's came last, and before an ack covered it: no
 * agent could compare the two.
 */
export const isHeldByAnother = ({ namesakes }: Ledger, boot: BootTruth, seq: number): boolean => {
  const arrivalsAt = ({ sent }: BootTruth): number[] =>
    sent.flatMap(({ first, end, arrivals }) => (first <= seq && seq < end ? arrivals : []));
  const last = Math.max(0, ...arrivalsAt(boot));
  const isHeldAt = (place: number): boolean =>
    place > last &&
    !boot.acked.some(({ arrival, isOwn, next }) => isOwn && seq < next && arrival < place);
  return namesakes(boot).some((other) => other !== boot && arrivalsAt(other).some(isHeldAt));
};

/** Takes one from the cover that has the seq, or any seq in between where that is not known. */
const take = (covers: readonly Cover[], from: number, most: number): boolean => {
  const cover = covers.find((each) => each.left > 0 && each.from <= most && from < each.end);
  if (cover !== undefined) cover.left--;
  return cover !== undefined;
};

/** Events with a seq that are neither found nor covered: each with the seqs it may have had. */
export const uncovered = (
  boot: BootTruth,
  found: ReadonlyMap<number, Message>,
  covers: readonly Cover[],
): { logged: Logged; from: number; most: number }[] => {
  const missing: { logged: Logged; from: number; most: number }[] = [];
  const admitted = boot.logged.filter(({ refused }) => refused === null);
  const seqOf = ({ id, seq }: Logged): number | null => seq ?? found.get(id)?.seq ?? null;
  let most = forever;
  const mostOf = new Map<number, number>();
  for (const logged of [...admitted].reverse()) {
    most = seqOf(logged) ?? most;
    mostOf.set(logged.id, most);
  }
  let from = 0;
  for (const logged of admitted) {
    const seq = seqOf(logged);
    from = seq ?? from;
    const last = mostOf.get(logged.id) ?? forever;
    if (!found.has(logged.id) && !take(covers, from, last)) {
      missing.push({ logged, from, most: last });
    }
    if (seq !== null) from = seq + 1;
  }
  return missing;
};
