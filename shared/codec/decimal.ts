import { decimalPlaces, digitsLimit, powers } from "./layout.ts";

/**
 * How many places a decimal has: 1 to `decimalPlaces`, with digits below `digitsLimit`; 0 for all
 * other numbers, integers among them. By arithmetic, for not every engine prints numbers in full.
 */
export const placesOf = (value: number): number => {
  for (let places = 1; places <= decimalPlaces; places++) {
    const power = powers[places] as number;
    const digits = Math.round(value * power);
    if (digits >= digitsLimit || digits <= -digitsLimit) return 0;
    if (digits / power === value) return digits % power === 0 ? 0 : places;
  }
  return 0;
};
