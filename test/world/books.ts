import { auditCopies, auditStreams } from "./copies.ts";
import {
  type Cover,
  coversOf,
  isHeldByAnother,
  isLostUnheard,
  isTakenForAnother,
  keyOf,
  ofFrames,
  uncovered,
} from "./covers.ts";
import type { Message } from "./delivered.ts";
import {
  type AuditOptions,
  createLedger,
  type Fail,
  type Ledger,
  lastStamped,
  lettersMs,
} from "./ledger.ts";
import type { BootTruth, Logged } from "./truth.ts";

/** What the books of a world say. */
export interface Account {
  logged: number;
  delivered: number;
  /** Where they do not balance. */
  faults: string[];
}

/** Why a frame of a boot whose name came twice is a dead letter. */
const doubledName = /^another boot has the name (\S+)$/;

/** Reasons of events that got no seq. */
const beforeSeq = ["ring_full", "too_large", "busy", "rate_limited"];

/**
 * The rules by which the books of a world must balance.
 *
 * 1. What CloudWatch has was logged: same text, level and tag, under one seq of its own boot.
 * 2. Each logged event is in CloudWatch or among the dead letters, or what was told covers it: an event that got
 *    no seq a count of its reason, one with a seq a notice about that seq, or the bytes of its frame kept
 *    as a dead letter.
 * 3. Within a boot seqs rise as the events were logged, and stamps in CloudWatch never decrease with them. Of an
 *    event that is sent again because nobody knows what became of it, and whose stamp is refused by then,
 *    the last copy counts: its stamp is the nearest that is taken, and it tells its true time.
 * 4. A stamp that claims to be synced is within its bound, by one of the settings that the agent's wall
 *    clock had between the event and its delivery.
 * 5. CloudWatch has an event twice only as often as agents have said that it may: as they did it, and in the
 *    stream that has it. Another store knows nothing of what the one before delivered: copies count, and
 *    stamps are compared, within one store. How a boot ended may be told again by one that was repaired.
 * 6. No count exceeds what the device counted, and none is less where nothing of the boot is missing.
 * 7. Nothing is told as lost that was not: state of an agent only where its store was replaced or repaired,
 *    the tail of a boot only where that did not end well, or flash of before is back
 *    (power loss is told as "at most": of a boot whose mark flash had no bytes left for as well), unreadable bytes only where some were changed.
 * 8. No boot is taken for two unless its name came twice.
 *
 * What no one can know is let pass: a boot of which only a store knew that is gone, and one that lost its RAM,
 * or flash, before any frame of it was stored. Two boots of one name (flash put back from a copy) share
 * their seqs, and what the first had in RAM is taken for what the second has. A second that no agent
 * heard of is taken for the first: where that had ended, nothing is left to tell.
 */
export const audit = (options: AuditOptions): Account => {
  const ledger = createLedger(options);
  const faults: string[] = [];
  let delivered = 0;
  let logged = 0;
  for (const boot of options.truth.boots) {
    const fail: Fail = (what) => faults.push(`${boot.device} boot ${boot.name}: ${what}`);
    delivered += auditBoot(ledger, boot, fail);
    logged += boot.logged.length;
  }
  for (const { device, reason } of options.letters) {
    const name = doubledName.exec(reason)?.[1];
    const starts = options.truth.boots.filter(
      (boot) => boot.device === device && boot.name === name,
    );
    if (starts.length === 1) faults.push(`${device} boot ${name}: taken for two, it began once`);
  }
  auditCopies(ledger, (what) => faults.push(what));
  auditStreams(ledger, (what) => faults.push(what));
  return { logged, delivered, faults };
};

const auditBoot = (ledger: Ledger, boot: BootTruth, fail: Fail): number => {
  const messages = ledger.of(boot);
  const ids = new Set(boot.logged.map(({ id }) => id));
  const others = ledger.namesakes(boot).filter((each) => each !== boot);
  const ofOthers = new Set(others.flatMap(({ logged }) => logged.map(({ id }) => id)));
  const events = messages.filter(({ notice, id }) => notice === null && !ofOthers.has(id));
  const known = new Map(boot.logged.map((logged) => [logged.id, logged]));
  const found = new Map<number, Message>();
  for (const event of events) {
    if (event.id === 0) continue;
    const logged = known.get(event.id);
    if (logged === undefined) fail(`event #${event.id} was not logged by it`);
    else auditEvent(ledger, event, logged, found.get(event.id), fail);
    found.set(event.id, event);
  }
  const isInOrder = ({ id, takenMs }: Message): boolean =>
    takenMs < lettersMs && (others.length === 0 || ids.has(id));
  const inOrder = events.filter(isInOrder);
  for (const ofStore of ledger.byRepair(inOrder)) auditOrder(ofStore, fail);
  const told = coversOf(ledger, boot, messages);
  const covers = others.length === 0 ? told : told.map(anywhere);
  const isWhole = covers.length === 0 && others.length === 0;
  if (!isLostUnheard(ledger, boot)) {
    const isMistaken = isTakenForAnother(ledger, boot);
    for (const { logged, from, most } of uncovered(boot, found, covers)) {
      const { seq } = logged;
      const isAcked = seq !== null && boot.acked.some(({ isOwn, next }) => isOwn && seq < next);
      const isAnothers = seq !== null && isHeldByAnother(ledger, boot, seq);
      if (!isAnothers && (!isMistaken || isAcked))
        fail(`event #${logged.id}, seq ${from === most ? from : `${from} to ${most}`}, is nowhere`);
    }
    auditCounts(ledger, boot, { messages, isWhole }, fail);
  }
  if (others.length === 0) auditNotices(ledger, boot, messages, fail);
  return found.size;
};

/** Whose seqs are meant by what is told of a name, nobody can say where two boots have it. */
const anywhere = ({ left }: Cover): Cover => ({ from: 0, end: Number.POSITIVE_INFINITY, left });

const auditEvent = (
  ledger: Ledger,
  event: Message,
  logged: Logged,
  before: Message | undefined,
  fail: Fail,
): void => {
  const { id, seq, text, level, tag } = event;
  const name = `event #${id}`;
  if (text !== logged.text) fail(`${name} says "${text}", not "${logged.text}"`);
  if (level !== logged.level || tag !== logged.tag)
    fail(`${name} is ${level} of "${tag}", not ${logged.level} of "${logged.tag}"`);
  if (before !== undefined && before.seq !== seq) fail(`${name} has seqs ${before.seq} and ${seq}`);
  if (logged.seq !== null && logged.seq !== seq) fail(`${name} has seq ${seq}, not ${logged.seq}`);
  if (event.clock !== "synced") return;
  const errorMs = errorOf(ledger, event, logged.trueMs);
  if (errorMs <= event.errorMs) return;
  fail(`${name} is stamped ${Math.round(errorMs)} ms off, its bound is ${event.errorMs}`);
};

/** How far a stamp is from the true time, by the wall clock as it was set between event and delivery. */
const errorOf = (
  { machine: { wallClocks }, startEpochMs }: Ledger,
  { trueTime, timestamp, takenMs }: Message,
  trueMs: number,
): number => {
  const errors = wallClocks
    .filter(({ sinceMs }, index) => {
      const untilMs = wallClocks[index + 1]?.sinceMs ?? Number.POSITIVE_INFINITY;
      return sinceMs <= takenMs && untilMs >= trueMs;
    })
    .map(({ aheadMs }) => Math.abs((trueTime ?? timestamp) - (startEpochMs + trueMs + aheadMs)));
  return Math.min(...errors);
};

const auditOrder = (events: readonly Message[], fail: Fail): void => {
  const bySeq = lastStamped(events).sort(
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

/**
 * What one store has told of its counts. Another may tell of the same again: of frames that the one before
 * had stored, and that gave way before the device knew of that.
 */
const countsIn = (messages: readonly Message[]): { [reason: string]: number } => {
  const told: { [reason: string]: number } = {};
  const seen = new Set<string>();
  for (const { notice, seq } of messages) {
    if (notice?.event !== "dropped" || notice.isAtMost || seen.has(keyOf(notice, seq))) continue;
    seen.add(keyOf(notice, seq));
    told[notice.reason] = (told[notice.reason] ?? 0) + notice.count;
  }
  return told;
};

const auditCounts = (
  ledger: Ledger,
  boot: BootTruth,
  { messages, isWhole }: { messages: readonly Message[]; isWhole: boolean },
  fail: Fail,
): void => {
  const told = ledger.byStore(messages).map(countsIn);
  const all = countsIn(messages);
  const namesakes = ledger.namesakes(boot);
  for (const reason of [...beforeSeq, ...ofFrames]) {
    const known = namesakes.reduce((sum, { dropped }) => sum + (dropped[reason] ?? 0), 0);
    const said = Math.max(...told.map((counts) => counts[reason] ?? 0));
    if (said > known) fail(`${said} events are told as ${reason}, the device counted ${known}`);
    // A store that was lost, or that is gone for an older one, has told of its part.
    const inAll = all[reason] ?? 0;
    if (isWhole && inAll < known && beforeSeq.includes(reason)) {
      fail(`${inAll} events are told as ${reason}, not ${known}`);
    }
  }
};

const auditNotices = (
  { machine, truth, isDamaged }: Ledger,
  boot: BootTruth,
  messages: readonly Message[],
  fail: Fail,
): void => {
  const { acked, device, isClosed, sent, tombstones } = boot;
  const isOtherStore = machine.replacements.length + machine.repairs.length > 0;
  // That it was the last one goes with a frame's body.
  const sentEnd = sent.reduce((most, { end }) => Math.max(most, end), 0);
  const hasGivenWay = tombstones.some(({ end }) => end === sentEnd);
  const firstAckMs = acked[0]?.atMs ?? Number.POSITIVE_INFINITY;
  // Frames of an earlier boot came after its own: it was taken for over while it ran on.
  const isOvertaken = truth.boots
    .slice(0, truth.boots.indexOf(boot))
    .some((each) => each.device === device && each.acked.some(({ atMs }) => atMs >= firstAckMs));
  for (const { notice, seq } of messages) {
    if (notice === null) continue;
    const { event, reason } = notice;
    if (reason === "agent_state_lost" && !isOtherStore) fail("state is told as lost that was not");
    const isTail = event === "boot_closed" && !(isOvertaken && seq < sentEnd);
    const isOld = isOtherStore || truth.restored.has(device);
    if (isTail && isClosed && !isOld && !hasGivenWay)
      fail("a tail is told as lost, but it was closed");
    if (event === "dead_letter" && !isDamaged) fail(`it has a dead letter: ${reason}`);
  }
};
