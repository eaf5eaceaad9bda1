import { createRandom, type Random } from "../support/random.ts";

/** Chance for a world: the same for the same seed. */
export interface Dice extends Random {
  /** True with probability `share`. */
  chance(share: number): boolean;
  /** Any number from `least` to below `most`. */
  between(least: number, most: number): number;
  /** The same, each order of magnitude as likely as any other; `least` above 0. */
  spread(least: number, most: number): number;
  /** Dice of their own for a part, so that it does not disturb the others. */
  fork(): Dice;
}

const unit = 4_294_967_296;

export const createDice = (seed: number): Dice => {
  const random = createRandom(seed);
  const share = (): number => random.below(unit) / unit;
  const between = (least: number, most: number): number => least + share() * (most - least);
  return {
    ...random,
    chance: (wanted) => share() < wanted,
    between,
    spread: (least, most) => Math.exp(between(Math.log(least), Math.log(most))),
    fork: () => createDice(random.below(unit)),
  };
};
