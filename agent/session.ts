import type { Boot, FrameHeader } from "../shared/frame.ts";
import {
  type BootState,
  insert,
  isCutBack,
  isFollowed,
  isOtherOpening,
  isSame,
  newestOf,
  noteOpening,
  type Opening,
} from "./session/boot-state.ts";
import { type ClosedBoot, closedBefore } from "./session/closing.ts";
import { createRecency, forget } from "./session/keeping.ts";
import { createSuccession } from "./session/succession.ts";

/** A frame that is to be stored. */
export interface NewReceipt {
  kind: "new";
  /** First seq that was not stored before. */
  from: number;
  /** Seqs the device no longer holds and this agent never had: another store may have them. */
  lost: number;
  /** Entries and notices of it that may be delivered: their seqs were stored before a repair. */
  repeated?: number;
}

/** What a frame is to its boot. */
export type Receipt = NewReceipt | { kind: "duplicate" | "gap" };

/** The boots of one device: which frames are new, which were stored before, which come too early. */
export interface Session {
  /** Nothing of the device was stored. */
  isEmpty(): boolean;
  /** The boot that began last, as far as its own frames say; null where none of those is stored. */
  newest(): Boot | null;
  /** First seq of the boot that is not stored; 0 for a boot that was never seen. */
  cursor(boot: Boot): number;
  /**
   * Numbered definitions held of the boot; 0 for a boot that was never seen. 0 as well for one that is
   * doubled: nobody knows whose they are, so each frame has to bring its own.
   */
  definitions(boot: Boot): number;
  /** Whether a frame is another than the one stored of its seqs; false where that is not known. */
  isOther(boot: Boot, opening: Opening): boolean;
  /** Notes that frames of another boot come in the name of this one; null if nothing of it is stored. */
  double(boot: Boot): BootState | null;
  isDoubled(boot: Boot): boolean;
  /** Whether a repair moved the boot's cursor back, to anywhere in a frame, and it is not where it was again. */
  isCutBack(boot: Boot): boolean;
  /** Judges a frame by its header; changes nothing. */
  judge(header: FrameHeader): Receipt;
  /** Whether the boot is among the last that were heard of: only those hold definitions. */
  isRecent(boot: Boot): boolean;
  /** Takes a frame that is about to be stored: moves the boot's cursor behind it. */
  advance(header: FrameHeader, isEnd: boolean, told?: ToldByFrame): Advance;
  /**
   * Sets how many definitions of the boot are held, and its dictionary unless it has one; null for a
   * boot of which nothing is stored.
   */
  define(boot: Boot, definitions: number, dictionary?: string): BootState | null;
}

/** What a frame says of its boot, if it is among the first. */
export interface FirstFrame extends Pick<BootState, "heldFrom"> {
  /** CRC-32 of what was sealed of it. */
  openingCrc?: number | undefined;
}

/** What else a frame tells of its boot. */
export interface ToldByFrame extends FirstFrame {
  /** By the clock of `returnedMs`; absent where nothing is to be learnt of it. */
  arrivalMs?: number;
  /** When the ack left that a live frame returns; absent for none that is known. */
  returnedMs?: number | undefined;
  /** It has no entries. */
  isTombstone?: boolean;
}

/** What storing a frame changes. */
export interface Advance {
  /** The boot after the frame. */
  state: BootState;
  /** The boots that are over, as is known from the first frame of another, or as one runs on. */
  closes: ClosedBoot[];
  /** How many of those may have been told already: a repair lost frames of the boot, or all of one before it. */
  repeated: number;
  /** A boot that was not heard of for long, with several others since: its definitions are given up. */
  outdated: BootState | null;
  /** The oldest boots beyond the limits: their cursors are given up. */
  forgotten: Boot[];
}

/** A boot of which nothing is stored yet. */
const begin = (
  states: readonly BootState[],
  { boot, endedAgoMs }: FrameHeader,
  heldFrom: number | undefined,
): BootState => {
  const isLate = endedAgoMs !== undefined || isFollowed(states, boot);
  return {
    boot,
    cursor: 0,
    definitions: 0,
    order: states.reduce((most, { order }) => Math.max(most, order), 0) + 1,
    isEnded: false,
    ...(heldFrom === undefined ? {} : { heldFrom }),
    ...(isLate ? { isLate } : {}),
  };
};

/** Whether a later boot sent it: what that tells of seqs beyond the end, flash had reserved in vain. */
const isReplayed = ({ endedAgoMs }: FrameHeader): boolean => endedAgoMs !== undefined;

/** Asked ten times a frame: a loop makes no closure. */
const findIn = (states: readonly BootState[], boot: Boot): BootState | undefined => {
  for (let place = states.length - 1; place >= 0; place--) {
    const state = states[place] as BootState;
    if (isSame(state.boot, boot)) return state;
  }
  return undefined;
};

const judge = (known: BootState | undefined, { base, first, count }: FrameHeader): Receipt => {
  const { cursor = 0, storedTo = 0 } = known ?? {};
  const from = Math.max(cursor, base);
  const end = first + count;
  if (first > from) return { kind: "gap" };
  if (end <= from) return { kind: "duplicate" };
  const lost = from - cursor;
  if (from >= storedTo) return { kind: "new", from, lost };
  const repeated = Math.min(end, storedTo) - from + (lost > 0 ? 1 : 0);
  return { kind: "new", from, lost, repeated };
};

/** A session that goes on from what was stored, oldest boot first. */
export const createSession = (stored: readonly BootState[]): Session => {
  const states: BootState[] = [];
  for (const state of stored) insert(states, { ...state });
  const recency = createRecency(states);
  const succession = createSuccession(states);
  const retold = new WeakSet<BootState>();
  const find = (boot: Boot): BootState | undefined => findIn(states, boot);

  const outdate = (used: BootState): BootState | null => {
    const state = recency.use(used);
    if (state === null) return null;
    state.definitions = 0;
    return { ...state };
  };
  return {
    isEmpty: () => states.length === 0,
    newest: () => newestOf(states)?.boot ?? null,
    cursor: (boot) => find(boot)?.cursor ?? 0,
    definitions(boot) {
      const state = find(boot);
      return state === undefined || state.isDoubled ? 0 : state.definitions;
    },
    isOther(boot, opening) {
      const state = find(boot);
      return state !== undefined && isOtherOpening(state, opening);
    },
    double(boot) {
      const state = find(boot);
      if (state === undefined) return null;
      state.isDoubled = true;
      return { ...state };
    },
    isDoubled: (boot) => find(boot)?.isDoubled === true,
    isCutBack: (boot) => isCutBack(find(boot)),
    judge: (header) => judge(find(header.boot), header),
    isRecent(boot) {
      const state = find(boot);
      return state !== undefined && recency.has(state);
    },
    advance(header, isEnd, { heldFrom, openingCrc, arrivalMs, returnedMs, isTombstone } = {}) {
      const known = find(header.boot);
      const state = known ?? begin(states, header, heldFrom);
      let closes: ClosedBoot[] = [];
      const isRetold = state.cursor < (state.storedTo ?? 0) && !retold.has(state);
      if (isRetold) retold.add(state);
      if (state.cursor === 0 || isRetold) closes = succession.begin(state, arrivalMs);
      else if (returnedMs !== undefined) closes = succession.returned(state, returnedMs);
      const end = header.first + header.count;
      const isWhole = header.first >= state.cursor;
      if (isWhole && openingCrc !== undefined) noteOpening(state, [header.first, end, openingCrc]);
      state.cursor = end;
      state.isEnded = isEnd || (state.isEnded && isTombstone === true && isReplayed(header));
      const outdated = outdate(state);
      const forgotten = known === undefined ? forget(states, state) : [];
      recency.forget(forgotten);
      return {
        state: { ...state },
        closes,
        repeated: isRetold ? closes.length : closedBefore(states, state, closes),
        outdated,
        forgotten: forgotten.map(({ boot }) => boot),
      };
    },
    define(boot, definitions, dictionary) {
      const state = find(boot);
      if (state === undefined) return null;
      state.definitions = definitions;
      if (dictionary !== undefined) state.dictionary ??= dictionary;
      return { ...state };
    },
  };
};
