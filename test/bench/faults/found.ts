import type { ReadEvent } from "../../../agent/demo/read-all.ts";
import { bootTag } from "../../../shared/boot-event.ts";
import { callOf } from "./calls.ts";
import type { Books } from "./ledger.ts";
import { createSeqSpans, type SeqSpans } from "./seq-spans.ts";
import type { TrueBoot } from "./truth.ts";

/** A message, as far as the books need it. */
interface Message {
  device: string;
  boot: string;
  seq: number;
  level: string;
  tag?: string;
  message?: string;
  format?: string;
  args?: unknown[];
  event?: "dropped" | "boot_closed" | "dead_letter" | "possibly_duplicated";
  reason?: string;
  of?: string;
  count?: number;
  atMost?: true;
  boots?: number;
  clock?: string;
  errorMs?: number;
  trueTime?: number;
}

interface Sighting {
  seq: number;
  ordinal: number;
  leastMs: number;
  mostMs: number;
}

/** What can be read of one boot. */
export interface Found {
  sightings: Map<number, Sighting>;
  /** Events of the logger itself. */
  own: number;
  /** Seqs counted as dropped, or in dead letters. */
  counted: number;
  atMost: number;
  /** The seq after which its tail is said to be unknown; null where that is not said. */
  closedAt: number | null;
  spans: SeqSpans;
}

/** What is told of several boots of one flash together: the last of them is named. */
export interface Told {
  device: string;
  number: number;
  boots: number;
  atMost: number;
}

/** Drops whose count is that of the seqs. */
const exactReasons = ["agent_state_lost"];

/** Drops that stand for a whole frame, of which nobody says how many seqs it had. */
const tombstoneReasons = ["outbox_full", "refused", "unreadable"];

/** A stamp without a bound of its own is this true. */
const unstatedErrorMs = 1_000;

export const nothingFound = (): Found => ({
  sightings: new Map(),
  own: 0,
  counted: 0,
  atMost: 0,
  closedAt: null,
  spans: createSeqSpans(),
});

export const numberOf = (boot: string): number => Number(boot.split("-")[0]);

/** Whether a message says what the call with its ordinal said. */
const isTrue = ({ level, format, args }: Message, ordinal: number): boolean => {
  const call = callOf(ordinal);
  return (
    level === call.level &&
    format === call.format &&
    JSON.stringify(args) === JSON.stringify(call.values)
  );
};

const noteStamp = (books: Books, stampMs: number, message: Message, truth: TrueBoot): void => {
  const time = truth.calls[message.args?.at(-1) as number];
  if (time === undefined) return;
  const trueMs = message.trueTime ?? stampMs;
  const errorMs = Math.max(0, time.fromMs - trueMs, trueMs - time.toMs);
  if (message.clock !== undefined && message.errorMs === undefined) {
    books.worstUnboundErrorMs = Math.max(books.worstUnboundErrorMs, Math.round(errorMs));
    return;
  }
  books.worstStampErrorMs = Math.max(books.worstStampErrorMs, Math.round(errorMs));
  if (errorMs > (message.errorMs ?? unstatedErrorMs)) books.beyondBound++;
};

/** Everything that can be read, boot by boot; what it shows by itself is entered at once. */
export const gather = (
  books: Books,
  truths: ReadonlyMap<string, TrueBoot>,
  streams: readonly ReadEvent[][],
): { found: Map<string, Found>; told: Told[] } => {
  const found = new Map<string, Found>();
  const told: Told[] = [];
  const seen = new Set<string>();

  const takeNotice = (message: Message, at: Found): void => {
    const { device, boot, seq, event, reason = "", count = 0, boots, atMost } = message;
    if (atMost) books.powerLossAtMost += count;
    else if (event !== "boot_closed") {
      const kind = event === "dead_letter" ? "dead_letter" : reason;
      books.dropped[kind] = (books.dropped[kind] ?? 0) + count;
      at.counted += count;
    }
    if (boots !== undefined) {
      const most = event === "boot_closed" ? Number.POSITIVE_INFINITY : count;
      told.push({ device, number: numberOf(boot), boots, atMost: most });
      return;
    }
    if (atMost) at.atMost += count;
    if (event === "boot_closed") at.closedAt = Math.max(at.closedAt ?? 0, seq);
    else if (atMost || event === "dead_letter" || exactReasons.includes(reason)) {
      at.spans.add(seq, count);
    } else at.spans.drop(seq, tombstoneReasons.includes(reason));
  };
  const takeEvent = (timestamp: number, message: Message, at: Found, truth: TrueBoot): void => {
    const ordinal = message.args?.at(-1) as number;
    if (!isTrue(message, ordinal) || truth.calls[ordinal] === undefined) books.altered++;
    const known = at.sightings.get(ordinal);
    if (known !== undefined) {
      books.duplicates++;
      known.leastMs = Math.min(known.leastMs, timestamp);
      known.mostMs = Math.max(known.mostMs, timestamp);
      return;
    }
    const { seq } = message;
    at.spans.add(seq, 1);
    at.sightings.set(ordinal, { seq, ordinal, leastMs: timestamp, mostMs: timestamp });
    noteStamp(books, timestamp, message, truth);
  };
  const take = (timestamp: number, message: Message): void => {
    const { device, boot, seq, event, reason, of, tag } = message;
    if (event === "possibly_duplicated") return;
    const key = `${device} ${boot}`;
    const at = found.get(key) ?? nothingFound();
    found.set(key, at);
    const truth = truths.get(key);
    if (event === undefined && tag !== bootTag && truth !== undefined) {
      takeEvent(timestamp, message, at, truth);
      return;
    }
    const place = JSON.stringify([key, seq, event, reason, of]);
    if (seen.has(place)) books.duplicates++;
    else if (event !== undefined) takeNotice(message, at);
    else if (tag === bootTag) {
      at.own++;
      at.spans.add(seq, 1);
    } else books.altered++;
    seen.add(place);
  };
  for (const { timestamp, message } of streams.flat()) {
    take(timestamp, JSON.parse(message) as Message);
  }
  return { found, told };
};
