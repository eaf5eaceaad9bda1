import { runDeliver } from "./deliver.ts";

/** Runs one benchmark with its flags; resolves with the exit code. */
type Benchmark = (flags: string[]) => Promise<number>;

const benchmarks = new Map<string, Benchmark>([["deliver", runDeliver]]);

const [name = "", ...flags] = process.argv.slice(2);
const benchmark = benchmarks.get(name);
if (benchmark === undefined) {
  const known = [...benchmarks.keys()].join(", ");
  process.stderr.write(`Cannot run benchmark "${name}": give one of ${known}\n`);
  process.exitCode = 2;
} else {
  process.exitCode = await benchmark(flags);
}
