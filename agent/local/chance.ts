/** Marsaglia's xorshift32, in [0, 1): small, the same for the same seed, good enough to spread faults. */
export const createChance = (seed: number): (() => number) => {
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 0x1_0000_0000;
  };
};

/** Delays of 0 to `mostMs`, each as likely as the others, the same for the same seed. */
export const createDelays = (seed: number, mostMs: number): (() => number) => {
  const chance = createChance(seed);
  return () => Math.round(chance() * mostMs);
};
