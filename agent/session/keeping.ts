import { type BootState, heldFromOf, isCountedAlike, newestOf } from "./boot-state.ts";

/** Boots of one device whose cursors are kept; a frame of an older one would count as new. */
export const bootsLimit = 64;

/** The same, with those of which the device's flash may hold frames. */
export const heldBootsLimit = 1_024;

/** Boots of one device whose definitions are kept; a frame of an older one brings them again. */
const definingBootsLimit = 8;

/** Removes the oldest boots beyond the limits, but for the one just heard of, and gives them. */
export const forget = (states: BootState[], used: BootState): BootState[] => {
  const excess = states.length - bootsLimit;
  if (excess <= 0) return [];
  const newest = newestOf(states);
  const heldFrom = newest === undefined ? 0 : heldFromOf(states, newest.boot);
  const mayBeHeld = ({ boot }: BootState): boolean =>
    newest !== undefined &&
    heldFrom > 0 &&
    isCountedAlike(boot, newest.boot) &&
    boot.number >= heldFrom;
  const others = states.filter((state) => state !== used);
  const gone = new Set(others.filter((state) => !mayBeHeld(state)).slice(0, excess));
  const least = states.length - heldBootsLimit;
  for (const state of others) if (gone.size < least) gone.add(state);
  const kept = states.filter((state) => !gone.has(state));
  states.splice(0, states.length, ...kept);
  return [...gone];
};

/** Which boots of a device were heard of last: those keep their definitions. */
export interface Recency {
  /**
   * Notes that the boot is heard of. Gives one that is not among the last and has definitions, if
   * there is any; the newest boot of the device is never given.
   */
  use(state: BootState): BootState | null;
  /** Whether the boot is among the last. */
  has(state: BootState): boolean;
  forget(gone: readonly BootState[]): void;
}

/** `states`: the boots of the device, as they are in the session. */
export const createRecency = (states: readonly BootState[]): Recency => {
  /** Least recently heard of first. */
  const used = [...states];
  return {
    use(state) {
      const place = used.lastIndexOf(state);
      if (place >= 0 && place === used.length - 1) return null;
      if (place >= 0) used.splice(place, 1);
      used.push(state);
      if (place >= used.length - definingBootsLimit) return null;
      const newest = newestOf(used);
      const isOutdated = (other: BootState): boolean => other.definitions > 0 && other !== newest;
      return used.slice(0, -definingBootsLimit).find(isOutdated) ?? null;
    },
    has: (state) => used.lastIndexOf(state) >= used.length - definingBootsLimit,
    forget(gone) {
      for (const state of gone) used.splice(used.indexOf(state), 1);
    },
  };
};
