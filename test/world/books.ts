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

/** When dead letters are read. */
const lastMs = Number.MAX_VALUE;

/** Reasons of events that got no seq. */
const beforeSeq = ["ring_full", "too_large", "busy", "rate_limited"];

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
 * 5. An event is in CloudWatch twice only as often as agents have said that it may be; or another
 *    store was put in place, which knows nothing of what the one before delivered.
 * 6. No count exceeds what the device counted.
 */
export const audit = (options: AuditOptions): Account => {
  const { truth, cloud } = options;
  const kept = options.letters.flatMap(({ content }) => (Array.isArray(content) ? content : []));
  const letters = kept.map((event) => readMessage({ ...event, takenMs: lastMs, askedMs: lastMs }));
  const taken = cloud.taken.map(readMessage);
  const faults: string[] = [];
  const byBoot = new Map<string, Message[]>();
  for (const message of [...taken, ...letters]) {
    const key = `${message.device}/${message.boot}`;
    const others = byBoot.get(key);
    if (others === undefined) byBoot.set(key, [message]);
    else others.push(message);
  }
  let delivered = 0;
  for (const boot of truth.boots) {
    const own = byBoot.get(`${boot.device}/${boot.name}`) ?? [];
    const ofOthers = [...taken, ...letters].filter((message) => isToldOf(message, boot));
    delivered += auditBoot(options, boot, [...own, ...ofOthers], faults);
  }
  auditCopies(options, taken, faults);
  const logged = truth.boots.reduce((sum, boot) => sum + boot.logged.length, 0);
  return { logged, delivered, faults };
};

/** Whether a message tells of many boots of a flash together, and this may be one of them. */
const isToldOf = ({ device, boot: last, notice }: Message, boot: BootTruth): boolean => {
  if (notice === null || notice.boots < 2 || device !== boot.device) return false;
  const [number, nonce] = last.split("-");
  return boot.name !== last && boot.name.endsWith(`-${nonce}`) && boot.boot.number < Number(number);
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
  for (const ofStore of byStore(options, events)) auditOrder(ofStore, fail);
  const covers = coversOf(options, boot, messages);
  auditMissing(options, boot, found, covers, fail);
  auditCounts(options, boot, messages, covers, fail);
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

/** Parts messages by the store from which they came: one knows nothing of what came from another. */
const byStore = ({ machine }: AuditOptions, messages: readonly Message[]): Message[][] => {
  const ends = [...machine.replacements.map(({ atMs }) => atMs), forever];
  return ends.map((endMs, place) =>
    messages.filter(({ askedMs }) => askedMs < endMs && askedMs >= (ends[place - 1] ?? 0)),
  );
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
    const isTogether = boots > 1;
    if (isTogether && event === "boot_closed") covers.push({ from: 0, end: forever, left: forever, what });
    else if (event === "boot_closed") covers.push({ from: seq, end: forever, left: forever, what });
    else if (isTogether && reason === "power_loss") {
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
  if (isLostUnheard(options, boot)) return;
  const admitted = boot.logged.filter(({ refused }) => refused === null);
  const seqOf = ({ id, seq }: Logged): number | null => seq ?? found.get(id)?.seq ?? null;
  let least = 0;
  for (const [place, logged] of admitted.entries()) {
    const seq = seqOf(logged);
    if (!found.has(logged.id)) {
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

/**
 * Whether nobody is left who could tell of the boot: what was in its RAM is gone, and no store there is now
 * has heard of it.
 */
const isLostUnheard = ({ machine }: AuditOptions, { acked, isRemembered }: BootTruth): boolean => {
  const sinceMs = machine.replacements.at(-1)?.atMs ?? 0;
  return !isRemembered && !acked.some(({ atMs }) => atMs >= sinceMs);
};

/**
 * What one store has told of its counts. Another may tell of the same again: of frames that the one before
 * had stored, and that gave way before the device knew of that.
 */
const countsIn = (messages: readonly Message[]): { [reason: string]: number } => {
  const told: { [reason: string]: number } = {};
  const seen = new Set<string>();
  for (const { notice, seq } of messages) {
    if (notice?.event !== "dropped" || notice.isAtMost) continue;
    const key = `${notice.reason} ${seq} ${notice.of}`;
    if (seen.has(key)) continue;
    seen.add(key);
    told[notice.reason] = (told[notice.reason] ?? 0) + notice.count;
  }
  return told;
};

/** Counts are what the device counted, and no less where nothing of the boot is missing. */
const auditCounts = (
  options: AuditOptions,
  boot: BootTruth,
  messages: readonly Message[],
  covers: readonly Cover[],
  fail: (what: string) => void,
): void => {
  const told = byStore(options, messages).map(countsIn);
  const isWhole = covers.length === 0 && !isLostUnheard(options, boot);
  for (const reason of [...beforeSeq, ...ofFrames]) {
    const known = boot.dropped[reason] ?? 0;
    const said = Math.max(...told.map((counts) => counts[reason] ?? 0));
    if (said > known) fail(`${said} events are told as ${reason}, the device counted ${known}`);
    if (isWhole && said < known && beforeSeq.includes(reason)) {
      fail(`${said} events are told as ${reason}, not ${known}`);
    }
  }
};

/** More copies than agents have said there may be. */
const auditCopies = (
  options: AuditOptions,
  messages: readonly Message[],
  faults: string[],
): void => {
  let copies = 0;
  for (const ofStore of byStore(options, messages)) {
    const seen = new Set<string>();
    for (const { device, boot, seq, notice, id } of ofStore) {
      const key = `${device} ${boot} ${seq} ${id} ${JSON.stringify(notice)}`;
      if (seen.has(key)) copies++;
      seen.add(key);
    }
  }
  const said = options.machine.possiblyDuplicated();
  if (copies > said) {
    faults.push(`${copies} events are doubled, said to be possibly so are ${said}`);
  }
};
