import type { Boot } from "../../shared/frame.ts";
import { unrecordedSeqs } from "../../shared/limits.ts";
import { type BootState, heldFromOf, isCountedAlike } from "./boot-state.ts";

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
  states.some((other) => other.order > order && !other.isLate && !isCountedAlike(other.boot, boot));

/** Boots of the flash that the agent never heard of, since the last time it was told of such. */
const unheardOf = (
  states: readonly BootState[],
  { boot, heldFrom = 0 }: BootState,
): ClosedBoot[] => {
  const numbers = states
    .filter((state) => isCountedAlike(state.boot, boot))
    .map((state) => state.boot.number);
  if (numbers.length === 0) return [];
  const from = heldFromOf(states, boot) || Math.min(...numbers);
  const heard = new Set(numbers.filter((number) => number >= from && number < heldFrom));
  const count = heldFrom - from - heard.size;
  if (count <= 0) return [];
  let last = heldFrom - 1;
  while (heard.has(last)) last--;
  const atMost = Math.min(Number.MAX_SAFE_INTEGER, count * unrecordedSeqs);
  return [{ boot: { ...boot, number: last }, next: 0, atMost, boots: count }];
};

/**
 * What is over as a boot begins that is not among `states` yet. Of its own flash: the boots of which
 * nothing is left there; the others will be settled by the device, frame by frame. Of any other: all,
 * unless the boot itself is late.
 */
export const closedBy = (states: readonly BootState[], begun: BootState): ClosedBoot[] => {
  const { boot, heldFrom = 0, isLate } = begun;
  const isOver = (state: BootState): boolean =>
    isCountedAlike(state.boot, boot) ? state.boot.number < heldFrom : !isLate;
  const isOpen = (state: BootState): boolean =>
    !state.isEnded &&
    state.boot.number >= heldFromOf(states, state.boot) &&
    !isReplaced(states, state);
  const closed = states
    .filter((state) => isOver(state) && isOpen(state))
    .map((state) => closedAs(state, isCountedAlike(state.boot, boot)));
  return [
    ...unheardOf(states, begun),
    ...together(closed.slice(0, -closedApart)),
    ...closed.slice(-closedApart),
  ];
};
