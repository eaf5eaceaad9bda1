import type { Boot } from "../../shared/frame.ts";
import { windowFrames } from "../../shared/limits.ts";

/** How far the agent has one boot of a device. */
export interface BootState {
  boot: Boot;
  /** First seq that is not stored. */
  cursor: number;
  /** First seq that was not stored before a repair moved the cursor back: what comes again below may be delivered. */
  storedTo?: number | undefined;
  /** Numbered definitions held, without a hole, from the first. */
  definitions: number;
  /** Hash of the dictionary that formats may be tokens of, once the boot has named one. */
  dictionary?: string | undefined;
  /** Place among the boots of the device, by first arrival. */
  order: number;
  /** The boot said that it ended; nothing came after its last entry. */
  isEnded: boolean;
  /** Number of the oldest boot of the same flash that this one found anything of there. */
  heldFrom?: number | undefined;
  /** A later boot of the same flash sent its first frame, or was heard of before it. */
  isLate?: true | undefined;
  /** Its first frames: a window of them at most, for another boot may send as many before an ack comes. */
  openings?: Opening[] | undefined;
  /** Another boot has the same name. */
  isDoubled?: true | undefined;
}

/** Seqs of a frame that is stored whole, from `first` to below `end`, and the CRC-32 of what was sealed. */
export type Opening = [first: number, end: number, crc: number];

export const isSame = (left: Boot, right: Boot): boolean =>
  left.nonce === right.nonce && left.number === right.number;

/** Whether one flash counts both boots: then their numbers are their order. */
export const isCountedAlike = (left: Boot, right: Boot): boolean =>
  left.nonce === right.nonce && left.number > 0 && right.number > 0;

/** Whether the second is a later boot of the same flash. */
const isBefore = (boot: Boot, later: Boot): boolean =>
  isCountedAlike(boot, later) && later.number > boot.number;

/** Notes one of the boot's first frames, as long as there is room for it. */
export const noteOpening = (state: BootState, opening: Opening): void => {
  const { openings = [] } = state;
  if (openings.length < windowFrames) state.openings = [...openings, opening];
};

/** Whether it is another frame than the one stored of its seqs; false where that is not known. */
export const isOtherOpening = (
  { openings = [] }: BootState,
  [first, end, crc]: Opening,
): boolean => {
  const known = openings.find(([from, until]) => from < end && first < until);
  return known !== undefined && (known[0] !== first || known[2] !== crc);
};

/** Whether a later boot of the same flash is known. */
export const isFollowed = (states: readonly BootState[], boot: Boot): boolean =>
  states.some((state) => isBefore(boot, state.boot));

/** Puts a boot into its place: before the later ones of the same flash, else last. */
export const insert = (states: BootState[], state: BootState): void => {
  const later = states.findIndex((other) => isBefore(state.boot, other.boot));
  states.splice(later < 0 ? states.length : later, 0, state);
};

/** The boot that began last, but for those that later ones of their flash were heard of before. */
export const newestOf = (states: readonly BootState[]): BootState | undefined =>
  states.reduce<BootState | undefined>(
    (newest, state) =>
      !state.isLate && (newest === undefined || state.order > newest.order) ? state : newest,
    undefined,
  );

/** Whether a repair moved the cursor back, and it is not where it was again. */
export const isCutBack = (state: BootState | undefined): boolean =>
  state !== undefined && state.cursor < (state.storedTo ?? 0);

/** Whether a repair left nothing of the boot: what its frames told may never have been delivered. */
export const isMute = ({ cursor }: BootState): boolean => cursor === 0;

/** Below this number nothing of the boots of this one's flash is left there; 0 if none said so of which anything is stored. */
export const heldFromOf = (states: readonly BootState[], boot: Boot): number =>
  states.reduce(
    (most, state) =>
      isCountedAlike(state.boot, boot) && !isMute(state)
        ? Math.max(most, state.heldFrom ?? 0)
        : most,
    0,
  );
