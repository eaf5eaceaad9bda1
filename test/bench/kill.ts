import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type KilledFleet, runKilledFleet } from "./kill/killed-fleet.ts";

const program = fileURLToPath(new URL("../../agent/cli/fleetlog.js", import.meta.url));

const integerOf = (name: string, text: string): number => {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new Error(`Cannot use --${name} "${text}": give an integer from 1`);
};

const isGood = ({ missing, doubled, counted, outOfOrder }: KilledFleet): boolean =>
  missing === 0 && doubled <= counted && outOfOrder === 0;

/**
 * `bench -- kill`: devices under load, and an agent that gets SIGKILL at random moments, now and then while
 * it starts; ends with a line of JSON.
 */
export const runKill = async (args: string[]): Promise<void> => {
  const { values } = parseArgs({
    args,
    options: {
      kills: { type: "string", default: "200" },
      seed: { type: "string", default: "1" },
      devices: { type: "string", default: "25" },
    },
  });
  const result = await runKilledFleet({
    kills: integerOf("kills", values.kills),
    seed: integerOf("seed", values.seed),
    devices: integerOf("devices", values.devices),
    longestLifeMs: 1_500,
    program,
    onKill: (kills) => kills % 20 === 0 && process.stdout.write(`${kills} kills\n`),
  });
  process.stdout.write(`${JSON.stringify(result)}\n`);
  if (!isGood(result)) process.exitCode = 1;
};
