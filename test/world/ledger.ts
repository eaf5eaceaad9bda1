import type { DeadLetter } from "../../agent/spool/spool.ts";
import type { Taken } from "./cloud.ts";
import { type Message, readMessage } from "./delivered.ts";
import type { Machine } from "./machine.ts";
import type { BootTruth, Truth } from "./truth.ts";

/** What is there to audit once a world is at rest. */
export interface AuditOptions {
  truth: Truth;
  taken: readonly Taken[];
  letters: readonly DeadLetter[];
  machine: Pick<Machine, "replacements" | "repairs" | "wallClocks" | "possiblyDuplicated">;
  /** True time 0 of the world, epoch ms. */
  startEpochMs: number;
  /** Bytes of the store were changed. */
  isDamaged: boolean;
}

/** Says what is wrong. */
export type Fail = (what: string) => void;

/** The audited, as the rules look at it. */
export interface Ledger extends AuditOptions {
  /** What CloudWatch took. */
  messages: readonly Message[];
  /** Events that are kept as dead letters. */
  kept: readonly Message[];
  /** What it took of a boot, or is kept as a dead letter, or tells of it among others. */
  of(boot: BootTruth): readonly Message[];
  /** Starts of the device that had this boot's name. */
  namesakes(boot: BootTruth): readonly BootTruth[];
  /** The same messages, by the store from which they came: one knows nothing of what came from another. */
  byStore(messages: readonly Message[]): Message[][];
  /** The same, where one that was repaired is another: it may have lost what it knew of stamps. */
  byRepair(messages: readonly Message[]): Message[][];
}

/** When what is kept as a dead letter counts as taken. */
export const lettersMs: number = Number.MAX_VALUE;

const nowhere = { group: "", stream: "" };

const nameOf = ({ device, boot }: { device: string; boot: string }): string => `${device}/${boot}`;

export const grouped = <Type>(
  list: readonly Type[],
  keyOf: (each: Type) => string,
): Map<string, Type[]> => {
  const groups = new Map<string, Type[]>();
  for (const each of list) {
    const group = groups.get(keyOf(each));
    if (group === undefined) groups.set(keyOf(each), [each]);
    else group.push(each);
  }
  return groups;
};

/** Whether a message tells of many boots of a flash together, and this may be one of them. */
const isToldOf = ({ device, boot: last, notice }: Message, boot: BootTruth): boolean => {
  if (notice === null || notice.boots < 2 || device !== boot.device) return false;
  const [number, nonce] = last.split("-");
  return boot.name !== last && boot.name.endsWith(`-${nonce}`) && boot.boot.number < Number(number);
};

/** Parts messages by when their calls were made. */
const parted = (messages: readonly Message[], endsMs: readonly number[]): Message[][] =>
  [...endsMs, Number.POSITIVE_INFINITY].map((endMs, place) =>
    messages.filter(({ askedMs }) => askedMs < endMs && askedMs >= (endsMs[place - 1] ?? 0)),
  );

/** Without copies whose stamp was refused when they were sent again. */
export const lastStamped = (events: readonly Message[]): Message[] => {
  const ofEvent = grouped(events, ({ seq, id }) => `${seq} ${id}`);
  return [...ofEvent.values()].flatMap((copies) => {
    const last = copies.reduce((one, other) => (other.takenMs > one.takenMs ? other : one));
    return last.trueTime === null ? copies : [last];
  });
};

export const createLedger = (options: AuditOptions): Ledger => {
  const messages = options.taken.map(readMessage);
  const letters = options.letters
    .flatMap(({ content, target = nowhere }) =>
      Array.isArray(content) ? content.map((event) => ({ ...event, ...target })) : [],
    )
    .map((event) => readMessage({ ...event, takenMs: lettersMs, askedMs: lettersMs }));
  const all = [...messages, ...letters];
  const ofName = grouped(all, nameOf);
  const together = all.filter(({ notice }) => (notice?.boots ?? 1) > 1);
  const boots = grouped(options.truth.boots, ({ device, name }) => nameOf({ device, boot: name }));
  const ends = options.machine.replacements.map(({ atMs }) => atMs);
  const repairs = [...ends, ...options.machine.repairs].sort((left, right) => left - right);
  return {
    ...options,
    messages,
    kept: letters,
    of(boot) {
      const own = ofName.get(nameOf({ device: boot.device, boot: boot.name })) ?? [];
      return [...own, ...together.filter((message) => isToldOf(message, boot))];
    },
    namesakes: ({ device, name }) => boots.get(nameOf({ device, boot: name })) ?? [],
    byStore: (those) => parted(those, ends),
    byRepair: (those) => parted(those, repairs),
  };
};
