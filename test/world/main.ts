import { parseArgs } from "node:util";
import { allFaults, type Coverage } from "./faults.ts";
import { sabotages } from "./sabotage.ts";
import { firstCaught, runWorld } from "./world.ts";

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** Seeds between two words of how far it is. */
const toldEach = 1_000;

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    prove: { type: "boolean", default: false },
    without: { type: "string", multiple: true, default: [] },
  },
});

const { without } = values;

const replay = async (seed: number): Promise<void> => {
  const { faults, logged, delivered } = await runWorld(seed, { onStory: print, without });
  for (const fault of faults) print(`fault: ${fault}`);
  print(`${logged} events logged, ${delivered} delivered`);
  print(JSON.stringify({ seeds: 1, failures: faults.length > 0 ? [seed] : [] }));
};

const runSeeds = async (from: number, seeds: number): Promise<void> => {
  const failures: number[] = [];
  const coverage: Coverage = {};
  const startMs = performance.now();
  for (let seed = from; seed < from + seeds; seed++) {
    const outcome = await runWorld(seed, { without });
    for (const fault of allFaults) {
      coverage[fault] = (coverage[fault] ?? 0) + (outcome.coverage[fault] ?? 0);
    }
    if ((seed - from + 1) % toldEach === 0) {
      process.stderr.write(`${seed - from + 1} of ${seeds}, ${failures.length} failed\n`);
    }
    if (outcome.faults.length === 0) continue;
    failures.push(seed);
    print(`seed ${seed}: ${outcome.faults.slice(0, 3).join("; ")}`);
  }
  for (const fault of allFaults) print(`${String(coverage[fault] ?? 0).padStart(9)} ${fault}`);
  const seedsPerSecond = Number((seeds / ((performance.now() - startMs) / 1_000)).toFixed(1));
  print(JSON.stringify({ seeds, seedsPerSecond, failures }));
};

const prove = async (seeds: number): Promise<void> => {
  const uncaught: string[] = [];
  for (const [name, sabotage] of Object.entries(sabotages)) {
    const found = await firstCaught(sabotage, seeds);
    if (found === null) uncaught.push(name);
    print(
      `${name}: ${found === null ? `not in ${seeds} seeds` : `seed ${found.seed}, ${found.faults[0]}`}`,
    );
  }
  print(JSON.stringify({ sabotages: Object.keys(sabotages).length, uncaught }));
};

if (values.prove) await prove(Number(values.seeds));
else if (values.seed === undefined) await runSeeds(Number(values.from), Number(values.seeds));
else await replay(Number(values.seed));
