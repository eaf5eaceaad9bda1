import { runPumpYears } from "../support/pump-years.ts";
import { numberFlag } from "./flags.ts";

/** Ten simulated years of a pump, or `--years N`, with `--seed N`; last line JSON. */
export const runPump = async (flags: string[]): Promise<void> => {
  const options = { years: numberFlag(flags, "years", 10), seed: numberFlag(flags, "seed", 1) };
  const began = performance.now();
  const books = runPumpYears(options);
  const seconds = Math.round((performance.now() - began) / 1_000);
  process.stdout.write(`${JSON.stringify({ ...options, seconds, ...books })}\n`);
  if (books.faults.length > 0) throw new Error(`The books do not balance: ${books.faults[0]}`);
};
