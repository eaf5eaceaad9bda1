import { type BootState, insert, isCountedAlike, isFollowed } from "./boot-state.ts";
import { type ClosedBoot, closedBy, closedByReturn } from "./closing.ts";

/** Which boot is the latest: by first arrival, until an ack that comes back shows that a frame came late. */
export interface Succession {
  /**
   * Puts a boot behind all others, but for later ones of its flash; gives those that are over. One that is
   * known, but of which a repair lost frames, keeps its place: what may have been told with them is told again.
   */
  begin(state: BootState, arrivalMs: number | undefined): ClosedBoot[];
  /**
   * The boot returned an ack that left at `sentMs`, by the clock of `arrivalMs`. Where the first frames
   * of all that seemed to have followed came before that, it ran on after them: they were late, and
   * their boots are over. Puts it behind them then, and gives those that were not told of.
   */
  returned(state: BootState, sentMs: number): ClosedBoot[];
}

/**
 * `states`: the boots of the device, as they are in the session. A boot that returned an ack as well
 * was not late: where two do they are two devices, and stay as they are.
 */
export const createSuccession = (states: BootState[]): Succession => {
  let begunMs = Number.NEGATIVE_INFINITY;
  const heard = new WeakSet<BootState>();

  const ranOn = (state: BootState): boolean => {
    const others = states.filter(
      (other) => other.order > state.order && !isCountedAlike(other.boot, state.boot),
    );
    return others.some(({ isLate }) => !isLate) && !others.some((other) => heard.has(other));
  };
  return {
    begin(state, arrivalMs = begunMs) {
      const closes = closedBy(
        states.filter(({ order }) => order < state.order),
        state,
      );
      if (!states.includes(state)) insert(states, state);
      begunMs = arrivalMs;
      return closes;
    },
    returned(state, sentMs) {
      heard.add(state);
      if (state === states.at(-1) || sentMs <= begunMs) return [];
      if (isFollowed(states, state.boot) || !ranOn(state)) return [];
      const closes = closedByReturn(states, state);
      states.splice(states.indexOf(state), 1);
      state.order = states.reduce((most, { order }) => Math.max(most, order), state.order) + 1;
      states.push(state);
      return closes;
    },
  };
};
