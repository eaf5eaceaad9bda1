import type { Boot } from "../../shared/frame.ts";
import { unrecordedSeqs } from "../../shared/limits.ts";
import { type BootState, heldFromOf, isCountedAlike, isMute, isSame } from "./boot-state.ts";

/** A boot that is over, and did not say so; seqs below `next` are stored. */
export interface ClosedBoot {
  boot: Boot;
  next: number;
  /** No more seqs than these were lost with the power; absent where that is not known. */
  atMost?: number;
  /** Of how many boots all this is told, the last of them `boot`; absent for one. */
  boots?: number;
}

/** Boots of which each is told by itself where many are closed at once; older ones are told together. */
const closedApart = 16;

const sum = (counts: readonly (number | undefined)[]): number | undefined =>
  counts.includes(undefined)
    ? undefined
    : Math.min(
        Number.MAX_SAFE_INTEGER,
        counts.reduce<number>((total, count) => total + (count ?? 0), 0),
      );

const lossOf = (atMost: number | undefined): Pick<ClosedBoot, "atMost"> =>
  atMost === undefined ? {} : { atMost };

const together = (closed: readonly ClosedBoot[]): ClosedBoot[] => {
  const last = closed.at(-1);
  if (last === undefined || closed.length === 1) return [...closed];
  const atMost = sum(closed.map((each) => each.atMost));
  return [{ boot: last.boot, next: last.next, ...lossOf(atMost), boots: closed.length }];
};

/** A boot of which flash holds nothing never had a record there, so it used few seqs. */
const closedAs = ({ boot, cursor }: BootState, isWithoutRecord: boolean): ClosedBoot => ({
  boot,
  next: cursor,
  ...(isWithoutRecord && cursor < unrecordedSeqs ? { atMost: unrecordedSeqs - cursor } : {}),
});

/** Whether a boot that no flash counts with this one came later: it closed this one as it came. */
const isReplaced = (states: readonly BootState[], { boot, order }: BootState): boolean =>
  states.some(
    (other) =>
      other.order > order && !isMute(other) && !other.isLate && !isCountedAlike(other.boot, boot),
  );

/** Boots of one flash with numbers from `from` to below `end`, but for those that were heard of. */
const unheardIn = (
  states: readonly BootState[],
  { nonce }: Boot,
  [from, end]: readonly [number, number],
): Required<Pick<ClosedBoot, "boot" | "next" | "boots">> | null => {
  const heard = new Set<number>();
  for (const { boot } of states) {
    if (boot.nonce === nonce && boot.number >= from && boot.number < end) heard.add(boot.number);
  }
  const boots = end - from - heard.size;
  if (boots <= 0) return null;
  let number = end - 1;
  while (heard.has(number)) number--;
  return { boot: { nonce, number }, next: 0, boots };
};

/**
 * Boots that were never heard of, since one last said what its flash holds. Of those before the first
 * one heard of nothing is known: another store may have them.
 */
const unheardOf = (states: readonly BootState[], { boot, heldFrom }: BootState): ClosedBoot[] => {
  if (heldFrom === undefined) return [];
  const settledBelow = heldFromOf(states, boot);
  const numbers = states.flatMap((state) =>
    isCountedAlike(state.boot, boot) ? [state.boot.number] : [],
  );
  const from = settledBelow > 0 ? settledBelow : Math.min(heldFrom, ...numbers);
  const before = settledBelow > 0 ? null : unheardIn(states, boot, [1, from]);
  const between = unheardIn(states, boot, [from, heldFrom]);
  const lost = (boots: number): number => Math.min(Number.MAX_SAFE_INTEGER, boots * unrecordedSeqs);
  return [
    ...(before === null ? [] : [before]),
    ...(between === null ? [] : [{ ...between, atMost: lost(between.boots) }]),
  ];
};

/**
 * Whether a later boot of the same flash told what became of this one. Where a repair left nothing of one
 * that may have, which counts as the last then, only those that came since have told it for sure.
 */
const isSettled = (states: readonly BootState[], { boot }: BootState): boolean => {
  let toldOrder = 0;
  let muteOrder = 0;
  for (const other of states) {
    if (!isCountedAlike(other.boot, boot) || (other.heldFrom ?? 0) <= boot.number) continue;
    if (isMute(other)) muteOrder = Math.max(muteOrder, other.order);
    else toldOrder = Math.max(toldOrder, other.order);
  }
  return toldOrder > muteOrder;
};

const isOpen = (states: readonly BootState[], state: BootState): boolean =>
  !state.isEnded && !isSettled(states, state) && !isReplaced(states, state);

const told = (closed: readonly ClosedBoot[]): ClosedBoot[] => [
  ...together(closed.slice(0, -closedApart)),
  ...closed.slice(-closedApart),
];

/**
 * What is over as a boot begins that is not among `states` yet. Of its own flash: the boots of which
 * nothing is left there; the others will be settled by the device, frame by frame. Of any other: all,
 * unless the boot itself is late.
 */
export const closedBy = (states: readonly BootState[], begun: BootState): ClosedBoot[] => {
  const { boot, heldFrom = 0, isLate } = begun;
  const isOver = (state: BootState): boolean =>
    isCountedAlike(state.boot, boot) ? state.boot.number < heldFrom : !isLate;
  const closed = states
    .filter((state) => isOver(state) && isOpen(states, state))
    .map((state) => closedAs(state, isCountedAlike(state.boot, boot)));
  return [...unheardOf(states, begun), ...told(closed)];
};

/** How many of what `begun` closes a boot in between may have closed before, of which a repair left nothing. */
export const closedBefore = (
  states: readonly BootState[],
  begun: BootState,
  closes: readonly ClosedBoot[],
): number => {
  if (closes.length === 0) return 0;
  const mute = states.filter((state) => isMute(state) && state.order < begun.order);
  const orderOf = ({ boot }: ClosedBoot): number =>
    states.find((state) => isSame(state.boot, boot))?.order ?? 0;
  return closes.filter((closed) => mute.some(({ order }) => order > orderOf(closed))).length;
};

/** What is over, and came later, as a boot turns out to have run on. */
export const closedByReturn = (
  states: readonly BootState[],
  { boot, order }: BootState,
): ClosedBoot[] =>
  told(
    states
      .filter((state) => state.order > order && !isCountedAlike(state.boot, boot))
      .filter((state) => isOpen(states, state))
      .map((state) => closedAs(state, false)),
  );
