import type { Boot, FrameHeader } from "../shared/frame.ts";

/** How far the agent has one boot of a device. */
export interface BootState {
  boot: Boot;
  /** First seq that is not stored. */
  cursor: number;
  /** Numbered definitions held, without a hole, from the first. */
  definitions: number;
  /** Hash of the dictionary that formats may be tokens of, once the boot has named one. */
  dictionary?: string;
  /** Place among the boots of the device, by first arrival. */
  order: number;
  /** The boot said that it ended; nothing came after its last entry. */
  isEnded: boolean;
}

/** A boot that another has followed: seqs below `next` are stored, whether more existed is not known. */
export interface ClosedBoot {
  boot: Boot;
  next: number;
}

/** What a frame is to its boot. */
export type Receipt =
  | {
      kind: "new";
      /** First seq that was not stored before. */
      from: number;
      /** Seqs the device no longer holds and this agent never had: another store may have them. */
      lost: number;
    }
  | { kind: "duplicate" | "gap" };

/** The boots of one device: which frames are new, which were stored before, which come too early. */
export interface Session {
  /** Nothing of the device was stored. */
  isEmpty(): boolean;
  /** The boot that began last, by number or first arrival; null where nothing is stored. */
  newest(): Boot | null;
  /** First seq of the boot that is not stored; 0 for a boot that was never seen. */
  cursor(boot: Boot): number;
  /** Numbered definitions held of the boot; 0 for a boot that was never seen. */
  definitions(boot: Boot): number;
  /** Judges a frame by its header; changes nothing. */
  judge(header: FrameHeader): Receipt;
  /** Takes a frame that is about to be stored: moves the boot's cursor behind it. */
  advance(header: FrameHeader, isEnd: boolean): Advance;
  /**
   * Sets how many definitions of the boot are held, and its dictionary unless it has one; null for a
   * boot of which nothing is stored.
   */
  define(boot: Boot, definitions: number, dictionary?: string): BootState | null;
}

/** What storing a frame changes. */
export interface Advance {
  /** The boot after the frame. */
  state: BootState;
  /** The boot before, where the frame is the first of the newest boot and the other was cut off. */
  closes: ClosedBoot | null;
  /** The boot that `definingBootsLimit` others have followed now: its definitions are given up. */
  outdated: BootState | null;
  /** The oldest boots beyond `bootsLimit`: their cursors are given up. */
  forgotten: Boot[];
}

/** Boots of one device whose cursors are kept; a frame of an older one would count as new. */
export const bootsLimit = 64;

/** Boots of one device whose definitions are kept; a frame of an older one brings them again. */
const definingBootsLimit = 8;

const isSame = (left: Boot, right: Boot): boolean =>
  left.nonce === right.nonce && left.number === right.number;

/** Whether a boot that was just seen came after the other: by their numbers, else by arrival. */
const isAfter = (seen: Boot, other: Boot): boolean =>
  seen.number === 0 || other.number === 0 || seen.number > other.number;

/** A session that goes on from what was stored, oldest boot first. */
export const createSession = (stored: readonly BootState[]): Session => {
  const states = stored.map((state) => ({ ...state }));
  const find = (boot: Boot): BootState | undefined =>
    states.findLast((state) => isSame(state.boot, boot));

  const add = (boot: Boot): BootState => {
    const order = (states.at(-1)?.order ?? 0) + 1;
    const state = { boot, cursor: 0, definitions: 0, order, isEnded: false };
    states.push(state);
    return state;
  };
  const newest = (): BootState | undefined =>
    states.reduce<BootState | undefined>(
      (last, next) => (last === undefined || isAfter(next.boot, last.boot) ? next : last),
      undefined,
    );
  const cutOffBefore = (boot: Boot): ClosedBoot | null => {
    const before = newest();
    if (before === undefined) return null;
    const isClosing = isAfter(boot, before.boot) && !before.isEnded;
    return isClosing ? { boot: before.boot, next: before.cursor } : null;
  };
  const outdate = (): BootState | null => {
    const state = states.at(-1 - definingBootsLimit);
    if (state === undefined || state.definitions === 0) return null;
    state.definitions = 0;
    return { ...state };
  };
  return {
    isEmpty: () => states.length === 0,
    newest: () => newest()?.boot ?? null,
    cursor: (boot) => find(boot)?.cursor ?? 0,
    definitions: (boot) => find(boot)?.definitions ?? 0,
    judge(header) {
      const cursor = find(header.boot)?.cursor ?? 0;
      const from = Math.max(cursor, header.base);
      if (header.first > from) return { kind: "gap" };
      if (header.first + header.count <= from) return { kind: "duplicate" };
      return { kind: "new", from, lost: from - cursor };
    },
    advance(header, isEnd) {
      const known = find(header.boot);
      const closes = known === undefined ? cutOffBefore(header.boot) : null;
      const state = known ?? add(header.boot);
      state.cursor = header.first + header.count;
      state.isEnded = isEnd;
      const outdated = known === undefined ? outdate() : null;
      const forgotten = states.splice(0, Math.max(0, states.length - bootsLimit));
      const boots = forgotten.map(({ boot }) => boot);
      return { state: { ...state }, closes, outdated, forgotten: boots };
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
