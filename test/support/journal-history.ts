import type { HeldFrame } from "../../device/held-frame.ts";
import { type FakeFlash, PowerCut } from "./fake-flash.ts";
import { formatsOf, type JournalStart, startJournal } from "./journal-bench.ts";
import type { Random } from "./random.ts";

/** A frame as it was given to a journal, or came back. */
interface KnownFrame {
  first: number;
  /** Body and formats. */
  text: string;
  end: number;
}

/** What is known of a boot from outside. */
interface KnownBoot {
  attempted: KnownFrame[];
  promised: KnownFrame[];
  reserved: number;
  freedNext: number;
}

const formats = ["pump on", "pump off", "valve %d of %s is stuck since %d", "temp %d", "ü", "x"];

/** A device with a journal whose program is chance; power may fail at any byte it writes. */
export const journalHistory = (flash: FakeFlash, random: Random) => {
  const boots = new Map<string, KnownBoot>();
  const faults: string[] = [];
  let nonce = 100;
  let start: JournalStart | null = null;
  let nextSeq = 0;

  const known = (key: string): KnownBoot => {
    const boot = boots.get(key) ?? { attempted: [], promised: [], reserved: 64, freedNext: 0 };
    boots.set(key, boot);
    return boot;
  };
  const own = (): KnownBoot => known(keyOf((start as JournalStart).journal.boot));
  const restart = (): void => {
    start = null;
    const started = startJournal(flash, { nonce: ++nonce });
    const key = keyOf(started.journal.boot);
    if (boots.has(key)) faults.push(`boot ${key} was there before`);
    known(key);
    start = started;
    nextSeq = 0;
  };
  const textOf = (frame: HeldFrame, names: string[]): string =>
    [frame.body.format, ...frame.body.bytes, names].join(" ");
  const store = (started: JournalStart): void => {
    const names = Array.from({ length: 1 + random.below(3) }, () => random.pick(formats));
    const frame = started.frame(nextSeq, names, random.once(3) ? "error" : "info");
    const numbers = [...frame.body.used].map((place) => place.charCodeAt(0)).sort((a, b) => a - b);
    const meanings = numbers.map((place) => started.table.meanings[place] ?? "");
    const text = textOf(
      frame,
      meanings.map((meaning) => meaning.slice(3)),
    );
    const entry = { first: nextSeq, end: nextSeq + frame.body.count, text };
    nextSeq = entry.end;
    own().attempted.push(entry);
    if (started.journal.store(frame, started.table) >= 0) own().promised.push(entry);
  };
  const reserve = (started: JournalStart): void => {
    const next = nextSeq + random.below(400);
    if (started.journal.reserve(next)) own().reserved = Math.max(own().reserved, next);
  };
  const freeOwn = (started: JournalStart): void => {
    const next = random.below(nextSeq + 1);
    own().freedNext = Math.max(own().freedNext, next);
    started.journal.free(started.journal.boot, next);
  };
  const replay = (started: JournalStart): void => {
    const earlier = started.journal.earlier();
    if (!earlier) return;
    const next = random.once(2) ? Infinity : (earlier.frames[0]?.first ?? 0) + 1 + random.below(4);
    const boot = known(keyOf(earlier.boot));
    boot.freedNext = Math.max(boot.freedNext, next);
    started.journal.free(earlier.boot, next);
  };
  const steps = [store, store, store, store, reserve, freeOwn, replay, replay];

  const step = (): void => {
    if (!start || random.once(12)) restart();
    const started = start as unknown as JournalStart;
    started.clock.advance(random.below(5_000));
    if (random.once(20)) started.journal.compact();
    random.pick(steps)(started);
  };
  return {
    faults,
    /** Takes steps until power fails; answers how many were begun. */
    run(limit: number): number {
      for (let taken = 0; taken < limit; taken++) {
        try {
          step();
        } catch (fault) {
          if (!(fault instanceof PowerCut)) throw fault;
          start = null;
          return taken + 1;
        }
      }
      return limit;
    },
    /** Looks at what another start finds, on a copy. */
    check(): void {
      const found = drain(flash.copy());
      for (const [key, boot] of boots) {
        const now = found.get(key);
        const isOwn = start !== null && key === keyOf(start.journal.boot);
        for (const frame of boot.promised) {
          if (frame.end <= boot.freedNext) continue;
          if (!now?.frames.some((other) => isSame(other, frame))) {
            faults.push(`${key} lost its frame at ${frame.first}${isOwn ? " (own)" : ""}`);
          }
        }
        if (now && now.reserved < boot.reserved && boot.freedNext < boot.reserved) {
          faults.push(`${key} has ${now.reserved} reserved, not ${boot.reserved}`);
        }
      }
      for (const [key, now] of found) {
        for (const frame of now.frames) {
          if (!boots.get(key)?.attempted.some((other) => isSame(other, frame))) {
            faults.push(`${key} has an invented frame at ${frame.first}: ${frame.text}`);
          }
        }
      }
    },
  };
};

const keyOf = (boot: { nonce: number; number: number }): string => `${boot.number}-${boot.nonce}`;

const isSame = (left: KnownFrame, right: KnownFrame): boolean =>
  left.first === right.first && left.end === right.end && left.text === right.text;

/** All that a start finds of earlier boots, by boot. */
const drain = (flash: FakeFlash): Map<string, { reserved: number; frames: KnownFrame[] }> => {
  const found = new Map<string, { reserved: number; frames: KnownFrame[] }>();
  const { journal } = startJournal(flash, { nonce: 99 });
  for (let earlier = journal.earlier(); earlier; earlier = journal.earlier()) {
    const key = keyOf(earlier.boot);
    const boot = found.get(key) ?? { reserved: earlier.reserved, frames: [] };
    found.set(key, boot);
    let next = Infinity;
    for (const stored of earlier.frames) {
      const read = journal.read(stored.place);
      const end = stored.first + stored.count;
      const names = formatsOf(read);
      const text = read ? [read.format, ...read.bytes, names].join(" ") : "damaged";
      boot.frames.push({ first: stored.first, end, text });
      if (earlier.hasMore) next = end;
    }
    journal.free(earlier.boot, next);
  }
  return found;
};
