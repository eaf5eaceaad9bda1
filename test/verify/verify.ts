import { messageOf } from "../../agent/errors.ts";
import { refusals } from "../support/cloudwatch-facts.ts";
import type { Account } from "./account.ts";
import { closingChecks, openingChecks } from "./behaviours.ts";
import { boundaryChecks } from "./boundaries.ts";
import { answerText, type Check, refused, type Sight } from "./check.ts";
import { readingChecks } from "./reading.ts";

/** Something the account does otherwise than the local endpoint. */
export interface Difference {
  name: string;
  expected: string;
  seen: string;
}

export interface Verification {
  checked: number;
  differences: Difference[];
  /** Whether the group is gone. */
  isCleanedUp: boolean;
}

export interface VerifyOptions {
  account: Account;
  /** Ends it early; the group is deleted all the same. */
  signal: AbortSignal;
  write(text: string): void;
}

/** In this order: the last ones delete what the first ones made. */
const checks: readonly Check[] = [
  ...openingChecks,
  ...readingChecks,
  ...boundaryChecks,
  ...closingChecks,
];

/** Quoted in full, a refused batch would fill the screen. */
const shownCharacters = 500;

const shown = (text: string): string =>
  text.length <= shownCharacters ? text : `${text.slice(0, shownCharacters)}...`;

const look = (check: Check, { account, signal }: VerifyOptions): Promise<Sight> =>
  check.see(account, signal).catch((thrown: unknown) => ({ seen: `failed: ${messageOf(thrown)}` }));

const deleteGroup = async ({ account, write }: VerifyOptions): Promise<boolean> => {
  const { group } = account;
  const answer = answerText(await account.call("DeleteLogGroup", { logGroupName: group }));
  if (answer === "200" || answer === refused(refusals.groupAbsent)) return true;
  write(`Cannot delete log group "${group}": ${answer}, delete it by hand if it is there\n`);
  return false;
};

const runChecks = async (options: VerifyOptions, found: Verification): Promise<void> => {
  const { signal, write } = options;
  for (const check of checks) {
    const { seen, note } = await look(check, options);
    if (signal.aborted) return;
    const { name, expected, isNeeded } = check;
    found.checked++;
    if (seen === expected) {
      write(`same       ${name}${note === undefined ? "" : ` (${note})`}\n`);
    } else {
      found.differences.push({ name, expected, seen });
      write(`different  ${name}\n  expected ${shown(expected)}\n  seen     ${shown(seen)}\n`);
      if (isNeeded) return;
    }
  }
};

/** Makes the account's group, checks it against what the local endpoint does, deletes the group. */
export const verify = async (options: VerifyOptions): Promise<Verification> => {
  const found: Verification = { checked: 0, differences: [], isCleanedUp: false };
  try {
    await runChecks(options, found);
  } finally {
    found.isCleanedUp = await deleteGroup(options);
  }
  return found;
};

/** How many checks there are. */
export const checkCount: number = checks.length;
