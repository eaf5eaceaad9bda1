import type { StoredLetter } from "../../agent/spool/spool.ts";
import { unrecordedSeqs } from "../../shared/limits.ts";
import type { Cloud } from "./cloud.ts";
import { type Message, readMessage } from "./delivered.ts";
import type { Machine } from "./machine.ts";
import type { BootTruth, Logged, Truth } from "./truth.ts";

/** What the books of a world say. */
export interface Account {
  logged: number;
  delivered: number;
  /** Where they do not balance. */
  faults: string[];
}

export interface AuditOptions {
  truth: Truth;
  cloud: Cloud;
  machine: Machine;
  letters: readonly StoredLetter[];
  /** True time 0 of the world, epoch ms. */
  startEpochMs: number;
}

/** Seqs of which something told that their events may be missing. */
interface Cover {
  from: number;
  end: number;
  /** Events that it accounts for at most. */
  left: number;
  what: string;
}

const forever = Number.POSITIVE_INFINITY;

/** Reasons of frames that gave way: the notice is at the frame's first seq that was not stored. */
const ofFrames = ["outbox_full", "refused", "unreadable"];

/**
 * The rules by which the books of a world must balance.
 *
 * 1. What CloudWatch has was logged: same text, level and tag, under one seq of its own boot.
 * 2. Each logged event is in CloudWatch, or among dead letters, or it is covered by what was told: an event
 *    without a seq by its boot's counts of that reason; one with a seq by a notice about that seq.
 * 3. Within a boot seqs rise as the events were logged, and stamps never decrease with them.
 * 4. A stamp that claims to be synced is within its bound, by one of the settings that the agent's wall
 *    clock had between the event and its delivery.
 * 5. An event is in CloudWatch twice only as often as agents have said that it may be; or as an older
 *    copy of the store was put in place, which knows nothing of what came after it.
 * 6. No count exceeds what the device counted.
 */
export const audit = (options: AuditOptions): Account => {
  const { truth, cloud } = options;
  const messages = cloud.taken.map(readMessage);
  const faults: string[] = [];
  const byBoot = new Map<string, Message[]>();
  for (const message of messages) {
    const key = `${message.device}/${message.boot}`;
    const others = byBoot.get(key);
    if (others === undefined) byBoot.set(key, [message]);
    else others.push(message);
  }
  let delivered = 0;
  for (const boot of truth.boots) {
    const own = byBoot.get(`${boot.device}/${boot.name}`) ?? [];
    delivered += auditBoot(options, boot, own, faults);
  }
  auditCopies(options, messages, faults);
  const logged = truth.boots.reduce((sum, boot) => sum + boot.logged.length, 0);
  return { logged, delivered, faults };
};

const auditBoot = (
  options: AuditOptions,
  boot: BootTruth,
  messages: readonly Message[],
  faults: string[],
): number => {
  const at = `${boot.device} boot ${boot.name}`;
  const fail = (what: string): void => {
    faults.push(`${at}: ${what}`);
  };
  const events = messages.filter(({ notice }) => notice === null);
  const known = new Map(boot.logged.map((logged) => [logged.id, logged]));
  const found = new Map<number, Message>();
  for (const event of events) {
    if (event.id === 0) continue;
    const logged = known.get(event.id);
    if (logged === undefined) fail(`event #${event.id} was not logged by it`);
    else auditEvent(options, event, logged, found.get(event.id), fail);
    found.set(event.id, event);
  }
  auditOrder(events, fail);
  const covers = coversOf(options, boot, messages);
  auditMissing(options, boot, found, covers, fail);
  auditCounts(boot, messages, covers, fail);
  return found.size;
};

const auditEvent = (
  options: AuditOptions,
  event: Message,
  logged: Logged,
  before: Message | undefined,
  fail: (what: string) => void,
): void => {
  const { id, seq, text, level, tag } = event;
  const name = `event #${id}`;
  if (text !== logged.text) fail(`${name} says "${text}", not "${logged.text}"`);
  if (level !== logged.level || tag !== logged.tag) fail(`${name} is of another site`);
  if (before !== undefined && before.seq !== seq) fail(`${name} has seqs ${before.seq} and ${seq}`);
  if (logged.seq !== null && logged.seq !== seq) fail(`${name} has seq ${seq}, not ${logged.seq}`);
  if (event.clock !== "synced") return;
  const stampMs = event.trueTime ?? event.timestamp;
  const errorMs = boundMissedBy(options, stampMs, event, logged.trueMs);
  if (errorMs > event.errorMs) {
    fail(`${name} is stamped ${Math.round(errorMs)} ms off, its bound is ${event.errorMs}`);
  }
};

/** How far a stamp is from the true time by the wall clock as it was set between event and delivery. */
const boundMissedBy = (
  { machine, startEpochMs }: AuditOptions,
  stampMs: number,
  { takenMs }: Message,
  trueMs: number,
): number => {
  const { wallClocks } = machine;
  const errors = wallClocks
    .filter(
      ({ sinceMs }, index) =>
        sinceMs <= takenMs && (wallClocks[index + 1]?.sinceMs ?? forever) >= trueMs,
    )
    .map(({ aheadMs }) => Math.abs(stampMs - (startEpochMs + trueMs + aheadMs)));
  return Math.min(...errors);
};

const auditOrder = (events: readonly Message[], fail: (what: string) => void): void => {
  const bySeq = [...events].sort(
    (left, right) => left.seq - right.seq || left.timestamp - right.timestamp,
  );
  let last: Message | undefined;
  let lastId = 0;
  for (const event of bySeq) {
    if (last && event.seq > last.seq && event.timestamp < last.timestamp) {
      fail(`the stamp of seq ${event.seq} is before that of seq ${last.seq}`);
    }
    if (event.id > 0 && event.id < lastId) fail(`event #${event.id} comes after #${lastId}`);
    if (event.id > 0) lastId = event.id;
    last = event;
  }
};

/** What was told of seqs of the boot that are missing. */
const coversOf = (
  { letters }: AuditOptions,
  boot: BootTruth,
  messages: readonly Message[],
): Cover[] => {
  const covers: Cover[] = [];
  const seen = new Set<string>();
  for (const { notice, seq } of messages) {
    if (notice === null) continue;
    const { event, reason, count, of, boots } = notice;
    const key = `${event} ${reason} ${seq} ${of} ${count}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const what = `${event} ${reason}`;
    if (event === "boot_closed") covers.push({ from: seq, end: forever, left: forever, what });
    else if (reason === "power_loss" && boots > 1) {
      covers.push({ from: 0, end: unrecordedSeqs, left: unrecordedSeqs, what });
    } else if (event === "dropped" && ofFrames.includes(reason)) {
      const end = boot.tombstones.reduce(
        (most, tombstone) =>
          tombstone.first <= seq && seq < tombstone.end ? Math.max(most, tombstone.end) : most,
        seq,
      );
      covers.push({ from: seq, end, left: count, what });
    } else if (event === "dead_letter" || reason === "power_loss" || reason === "agent_state_lost") {
      covers.push({ from: seq, end: seq + count, left: count, what });
    }
  }
  for (const { content, device, reason } of letters) {
    if (Array.isArray(content) || device !== boot.device) continue;
    const bytes = Buffer.from(content.base64, "base64");
    const sent = boot.sent.find(({ payload }) => bytes.equals(payload));
    if (sent === undefined) continue;
    covers.push({ from: sent.first, end: sent.end, left: forever, what: `dead letter: ${reason}` });
  }
  return covers;
};

const auditMissing = (
  options: AuditOptions,
  boot: BootTruth,
  found: ReadonlyMap<number, Message>,
  covers: Cover[],
  fail: (what: string) => void,
): void => {
  const isUnheardOf = boot.sent.length === 0 && !boot.hasFlash;
  if (isUnheardOf) return;
  const inLetters = eventsInLetters(options, boot);
  const admitted = boot.logged.filter(({ refused }) => refused === null);
  const seqOf = ({ id, seq }: Logged): number | null => seq ?? found.get(id)?.seq ?? null;
  let least = 0;
  for (const [place, logged] of admitted.entries()) {
    const seq = seqOf(logged);
    if (!found.has(logged.id) && !inLetters.has(logged.id)) {
      const next = admitted.slice(place + 1).find((later) => seqOf(later) !== null);
      const most = seq ?? (next ? (seqOf(next) as number) : forever);
      const from = seq ?? least;
      const cover = covers.find((each) => each.left > 0 && each.from <= most && from < each.end);
      if (cover === undefined) {
        fail(`event #${logged.id}, seq ${seq ?? `from ${from} to ${most}`}, is nowhere`);
      } else cover.left--;
    }
    least = seq === null ? least : seq + 1;
  }
};

/** Ids of events that are kept as dead letters, with their text. */
const eventsInLetters = ({ letters }: AuditOptions, boot: BootTruth): Set<number> => {
  const ids = new Set<number>();
  for (const { content } of letters) {
    if (!Array.isArray(content)) continue;
    for (const event of content) {
      const { device, boot: name, id } = readMessage({ ...event, takenMs: 0 });
      if (device === boot.device && name === boot.name) ids.add(id);
    }
  }
  return ids;
};

/** Counts of events that got no seq: no more than the device counted, and no less where nothing of the boot is missing. */
const auditCounts = (
  boot: BootTruth,
  messages: readonly Message[],
  covers: readonly Cover[],
  fail: (what: string) => void,
): void => {
  const told: { [reason: string]: number } = {};
  const seen = new Set<string>();
  for (const { notice, seq } of messages) {
    if (notice?.event !== "dropped" || notice.isAtMost) continue;
    const key = `${notice.reason} ${seq} ${notice.of}`;
    if (seen.has(key)) continue;
    seen.add(key);
    told[notice.reason] = (told[notice.reason] ?? 0) + notice.count;
  }
  const isWhole = covers.length === 0 && boot.sent.length > 0;
  for (const reason of new Set([...Object.keys(told), ...Object.keys(boot.dropped)])) {
    if (reason === "agent_state_lost" || reason === "closed" || reason === "power_loss") continue;
    const known = boot.dropped[reason] ?? 0;
    const said = told[reason] ?? 0;
    if (said > known) fail(`${said} events are told as ${reason}, the device counted ${known}`);
    if (isWhole && said < known) fail(`${said} events are told as ${reason}, not ${known}`);
  }
};

/** More copies than agents have said there may be. */
const auditCopies = (
  { machine }: AuditOptions,
  messages: readonly Message[],
  faults: string[],
): void => {
  const seen = new Set<string>();
  let copies = 0;
  for (const { device, boot, seq, notice, id } of messages) {
    const key = `${device} ${boot} ${seq} ${id} ${JSON.stringify(notice)}`;
    if (seen.has(key)) copies++;
    seen.add(key);
  }
  const said = machine.possiblyDuplicated();
  const isRestored = machine.replacements.some((replacement) => replacement.isRestored);
  if (copies > said && !isRestored) {
    faults.push(`${copies} events are doubled, said to be possibly so are ${said}`);
  }
};

