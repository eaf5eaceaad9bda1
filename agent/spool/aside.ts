/**
 * Names of lanes for frames that were set aside from another: they wait for a dictionary, which must
 * hold up no one else. Such a lane has frames, positions and an intent of its own; how far its boots
 * are delivered is the other lane's, for it is the same stream. No stream has a `*` in its name.
 */
const mark = "*";

/** The lane for frames of `lane` that wait for the dictionary with this hash. */
export const asideLane = (lane: string, hash: string): string => `${lane}${mark}${hash}`;

/** The hash that frames of this lane wait for; null for a lane of another kind. */
export const awaitedIn = (lane: string): string | null => {
  const at = lane.lastIndexOf(mark);
  return at < 0 ? null : lane.slice(at + 1);
};

/** The lane that frames of this lane were set aside from; the lane itself for another kind. */
export const baseLane = (lane: string): string => {
  const at = lane.lastIndexOf(mark);
  return at < 0 ? lane : lane.slice(0, at);
};
