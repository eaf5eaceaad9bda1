import type { Boot, FrameHeader } from "../shared/frame.ts";

/** How far the agent has one boot of a device. */
export interface BootState {
  boot: Boot;
  /** First seq that is not stored. */
  cursor: number;
  /** Numbered definitions held, without a hole, from the first. */
  definitions: number;
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
  /** The state of a boot; one that was never seen begins at seq 0. */
  open(boot: Boot): BootState;
  /** Judges a frame by its header; changes nothing. */
  judge(header: FrameHeader): Receipt;
  /**
   * Moves the cursor behind a frame that is about to be stored. The first frame of a boot closes
   * the boot before it, which is given back if it was cut off: its tail is not known.
   */
  advance(header: FrameHeader, isEnd: boolean): ClosedBoot | null;
  /** Forgets the oldest boots beyond `bootsLimit`, and says which. */
  forget(): Boot[];
}

/** Boots of one device whose cursors are kept; a frame of an older one would count as new. */
export const bootsLimit = 64;

const isSame = (left: Boot, right: Boot): boolean =>
  left.nonce === right.nonce && left.number === right.number;

/** A session that goes on from what was stored, oldest boot first. */
export const createSession = (stored: BootState[]): Session => {
  const states = [...stored];
  const lastOrder = (): number => states.at(-1)?.order ?? 0;
  const find = (boot: Boot): BootState | undefined =>
    states.findLast((state) => isSame(state.boot, boot));

  const open = (boot: Boot): BootState => {
    const known = find(boot);
    if (known !== undefined) return known;
    const state = { boot, cursor: 0, definitions: 0, order: lastOrder() + 1, isEnded: false };
    states.push(state);
    return state;
  };
  const cutOffBefore = (state: BootState): ClosedBoot | null => {
    const before = states[states.indexOf(state) - 1];
    if (before === undefined || before.isEnded || before.cursor === 0) return null;
    return { boot: before.boot, next: before.cursor };
  };
  return {
    open,
    judge(header) {
      const cursor = find(header.boot)?.cursor ?? 0;
      const from = Math.max(cursor, header.base);
      if (header.first > from) return { kind: "gap" };
      if (header.first + header.count <= from) return { kind: "duplicate" };
      return { kind: "new", from, lost: from - cursor };
    },
    advance(header, isEnd) {
      const state = open(header.boot);
      const isFirst = state.cursor === 0;
      state.cursor = header.first + header.count;
      state.isEnded = isEnd;
      return isFirst ? cutOffBefore(state) : null;
    },
    forget: () => states.splice(0, Math.max(0, states.length - bootsLimit)).map(({ boot }) => boot),
  };
};
