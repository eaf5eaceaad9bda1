import { expect } from "vitest";
import { openFrame } from "../../agent/delivery/batch/pending.ts";
import type { Spool } from "../../agent/spool/spool.ts";
import { decodeHead } from "../../shared/codec/decode.ts";
import { type Boot, bootText } from "../../shared/frame.ts";
import { unrecordedSeqs } from "../../shared/limits.ts";
import { anyReading } from "./any-reading.ts";
import type { Logged } from "./flash-device.ts";

const lane = "g:pump";
const everything = Number.MAX_SAFE_INTEGER;
const reading = anyReading();

/** What one store has of a boot, and says of it. */
interface Told {
  /** Its events, by seq, with how often they were stored. */
  events: Map<number, number>;
  /** Seqs that were counted, with how often. */
  counted: Map<number, number>;
  closes: number;
  /** Seqs below were lost at most, as the boot was closed. */
  mayLack: number;
  isEnded: boolean;
  /** Seqs in the order of their storing. */
  order: number[];
}

const add = (counts: Map<number, number>, from: number, end: number): void => {
  for (let seq = from; seq < end; seq++) counts.set(seq, (counts.get(seq) ?? 0) + 1);
};

/** What one store has, by boot, and says. */
export interface ToldByStore {
  boots: Map<string, Told>;
  /** Boots that were told of together, as none of them was heard of. */
  grouped: Set<string>;
  /** Boots that were told of, and of which a later boot sent something after that. */
  early: Set<string>;
}

/** What would be delivered of all that is stored. */
export const toldBy = async (spool: Spool): Promise<ToldByStore> => {
  const boots = new Map<string, Told>();
  const grouped = new Set<string>();
  const early = new Set<string>();
  const group = ({ nonce: of, number: last }: Boot, many: number): void => {
    for (let number = last, left = many; left > 0; number--) {
      const key = bootText({ nonce: of, number });
      if (boots.has(key) || grouped.has(key)) continue;
      grouped.add(key);
      left--;
    }
  };
  const of = (boot: Boot): Told => {
    const key = bootText(boot);
    const told = boots.get(key) ?? {
      events: new Map(),
      counted: new Map(),
      closes: 0,
      mayLack: 0,
      isEnded: false,
      order: [],
    };
    boots.set(key, told);
    return told;
  };
  for (const frame of await spool.read(lane, everything)) {
    const own = of(frame.boot);
    add(own.counted, frame.from - frame.lost, frame.from);
    const beginning = decodeHead(frame.bytes);
    const isReplayed = beginning.ok && beginning.header.endedAgoMs !== undefined;
    const key = bootText(frame.boot);
    if (isReplayed && (own.closes > 0 || grouped.has(key))) early.add(key);
    const entries = openFrame(frame, key, reading);
    for (let index = 0; index < entries.length; index++) {
      const entry = entries.entry(index, { epochMs: 0, errorMs: 0, quality: "synced" });
      own.order.push(entry.seq);
      if (entry.event !== null) add(own.events, entry.seq, entry.seq + 1);
      for (const { notice, origin } of entry.told) {
        const { boots: many, count = 0, event, reason } = notice;
        if (many !== undefined) {
          const isCounted = event === "dropped";
          expect(count).toBe(isCounted ? many * unrecordedSeqs : 0);
          group(origin.boot, many);
          continue;
        }
        const told = of(origin.boot);
        if (origin.boot === frame.boot) {
          if (event === "dropped" && reason === "power_loss")
            add(told.counted, entry.seq, entry.next);
          expect(reason === "power_loss" ? entry.next - entry.seq : count).toBe(count);
          continue;
        }
        told.closes++;
        expect(told.isEnded).toBe(false);
        expect(told.order.filter((seq) => seq >= origin.seq)).toEqual([]);
        told.mayLack = event === "boot_closed" ? everything : origin.seq + count;
      }
    }
    own.isEnded = beginning.ok && beginning.isEnd;
  }
  return { boots, grouped, early };
};

/** What holds in each store by itself. */
export const faultsOf = ({ boots, grouped }: ToldByStore): string[] => {
  const faults: string[] = [];
  for (const [key, { closes, counted, events, order }] of boots) {
    const seqs = [...events, ...counted].sort(([left], [right]) => left - right);
    const isOnce = seqs.every(([seq, times], index) => times === 1 && seqs[index - 1]?.[0] !== seq);
    if (!isOnce) faults.push(`${key}: a seq more than once`);
    const isOrdered = order.every(
      (seq, index) => index === 0 || seq > (order[index - 1] as number),
    );
    if (!isOrdered) faults.push(`${key}: out of order`);
    if (closes > 1 || (closes > 0 && grouped.has(key)))
      faults.push(`${key}: closed ${closes} times`);
  }
  return faults;
};

/** Boots of a flash with numbers up to `last` that neither ended nor were closed. */
export const openBoots = (
  { boots, grouped }: ToldByStore,
  { nonce, number: last }: Boot,
): number[] =>
  Array.from({ length: last }, (_, index) => index + 1).filter((number) => {
    const key = bootText({ nonce, number });
    const told = boots.get(key);
    return !grouped.has(key) && told?.isEnded !== true && told?.closes !== 1;
  });

/** Whether the event is stored, or a count or a closed boot tells that it may be missing. */
export const isToldBy = ({ boots, grouped }: ToldByStore, { boot, seq }: Logged): boolean => {
  const key = bootText(boot);
  const told = boots.get(key);
  if (grouped.has(key) && seq < unrecordedSeqs) return true;
  if (told === undefined) return false;
  return told.events.has(seq) || told.counted.has(seq) || seq < told.mayLack;
};
