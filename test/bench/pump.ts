import { runPumpYears } from "../support/pump-years.ts";

const flagOf = (flags: string[], name: string, usual: number): number => {
  const at = flags.indexOf(`--${name}`);
  const value = at < 0 ? usual : Number(flags[at + 1]);
  if (!Number.isFinite(value) || value <= 0) {
    throw new Error(`Cannot run the pump: --${name} is "${flags[at + 1]}", give a number above 0`);
  }
  return value;
};

/** Ten simulated years of a pump, or `--years N`, with `--seed N`; last line JSON. */
export const runPump = async (flags: string[]): Promise<void> => {
  const options = { years: flagOf(flags, "years", 10), seed: flagOf(flags, "seed", 1) };
  const began = performance.now();
  const books = runPumpYears(options);
  const seconds = Math.round((performance.now() - began) / 1_000);
  process.stdout.write(`${JSON.stringify({ ...options, seconds, ...books })}\n`);
  if (books.faults.length > 0) throw new Error(`The books do not balance: ${books.faults[0]}`);
};
