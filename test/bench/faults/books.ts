import type { ReadEvent } from "../../../agent/demo/read-all.ts";
import { bootTag } from "../../../shared/boot-event.ts";
import { callOf } from "./calls.ts";
import type { TrueBoot } from "./truth.ts";

/**
 * What became of all that was logged: `logged` is the sum of `delivered`, `missing`, `dropped`, `taken`
 * and `unheard`, less `overcounted`.
 */
export interface Books {
  /** Calls, and events of the loggers themselves. */
  logged: number;
  /** Of these, what can be read. */
  delivered: number;
  /** Neither delivered nor counted, nor within what was reported as lost with the power. */
  missing: number;
  /** Events, or what is told of them, that can be read once more than they should. */
  duplicates: number;
  /** Neighbours by seq whose stamps, or whose calls, run backwards. */
  outOfOrder: number;
  /** Delivered with other words, values or level than they were logged with. */
  altered: number;
  /** Counted as dropped, or kept as dead letters, by reason. */
  dropped: Record<string, number>;
  /** Events more than were logged, by what is delivered and counted. */
  overcounted: number;
  /** Events taken with the power and reported: within `power_loss, at most n`, or a tail that is unknown. */
  taken: number;
  /** What `power_loss` reported, at most. */
  powerLossAtMost: number;
  /** Events of boots without flash that died before the agent had anything of them: nobody can know. */
  unheard: number;
  /** Delivered with a stamp further from the truth than it says. */
  beyondBound: number;
  /** Of stamps that claim a bound. */
  worstStampErrorMs: number;
  /** Of those that do not: `estimated` and `placed`. */
  worstUnboundErrorMs: number;
  boots: number;
}

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
  event?: "dropped" | "boot_closed" | "dead_letter";
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
interface Found {
  sightings: Map<number, Sighting>;
  /** Events of the logger itself. */
  own: number;
  /** Seqs counted as dropped, or in dead letters. */
  counted: number;
  atMost: number;
  isClosed: boolean;
}

/** What is told of several boots of one flash together: the last of them is named. */
interface Told {
  device: string;
  number: number;
  boots: number;
  atMost: number;
}

/** A stamp without a bound of its own is this true. */
const unstatedErrorMs = 1_000;

const emptyBooks = (): Books => ({
  ...{ logged: 0, delivered: 0, missing: 0, duplicates: 0, outOfOrder: 0, altered: 0 },
  ...{ dropped: {}, overcounted: 0, taken: 0, powerLossAtMost: 0, unheard: 0 },
  ...{ beyondBound: 0, worstStampErrorMs: 0, worstUnboundErrorMs: 0, boots: 0 },
});

const nothingFound = (): Found => ({
  sightings: new Map(),
  own: 0,
  counted: 0,
  atMost: 0,
  isClosed: false,
});

const numberOf = (boot: string): number => Number(boot.split("-")[0]);

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
const gather = (
  books: Books,
  truths: ReadonlyMap<string, TrueBoot>,
  streams: readonly ReadEvent[][],
): { found: Map<string, Found>; told: Told[] } => {
  const found = new Map<string, Found>();
  const told: Told[] = [];
  const seen = new Set<string>();

  const takeNotice = (message: Message, at: Found): void => {
    const { device, boot, event, reason = "", count = 0, boots, atMost } = message;
    if (atMost) books.powerLossAtMost += count;
    else if (event !== "boot_closed") {
      const kind = event === "dead_letter" ? "dead_letter" : reason;
      books.dropped[kind] = (books.dropped[kind] ?? 0) + count;
      at.counted += count;
    }
    if (boots !== undefined) {
      const most = event === "boot_closed" ? Number.POSITIVE_INFINITY : count;
      told.push({ device, number: numberOf(boot), boots, atMost: most });
    } else if (event === "boot_closed") at.isClosed = true;
    else if (atMost) at.atMost += count;
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
    at.sightings.set(ordinal, { seq, ordinal, leastMs: timestamp, mostMs: timestamp });
    noteStamp(books, timestamp, message, truth);
  };
  const take = (timestamp: number, message: Message): void => {
    const { device, boot, seq, event, reason, of, tag } = message;
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
    else if (tag === bootTag) at.own++;
    else books.altered++;
    seen.add(place);
  };
  for (const { timestamp, message } of streams.flat()) {
    take(timestamp, JSON.parse(message) as Message);
  }
  return { found, told };
};

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
  let reported = at.isClosed ? Number.POSITIVE_INFINITY : at.atMost + uncounted;
  if (reported < lacking && together !== undefined) {
    const most = Math.min(lacking - reported, together.atMost);
    together.atMost -= most;
    reported += most;
  }
  const isUnheard = !hasFlash && at.sightings.size === 0 && at.own === 0 && !at.isClosed;
  const taken = Math.min(lacking, reported);
  books.taken += taken;
  if (isUnheard) books.unheard += lacking;
  else books.missing += lacking - taken;
};

/**
 * Compares what devices wrote down beside their loggers with what can be read, boot by boot.
 *
 * Of a boot that was closed, everything is delivered or counted. Of one that died the rest is what was
 * in RAM: with flash, no more than `power_loss` says at most, and the drops whose count was in RAM too;
 * without, what comes after the seq that `boot_closed` names. A boot without flash of which nothing ever
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
