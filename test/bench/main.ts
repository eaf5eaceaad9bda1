import { messageOf } from "../../agent/errors.ts";
import { runAgent } from "./agent.ts";
import { runClock } from "./clock.ts";
import { runConnect } from "./connect.ts";
import { runDay } from "./day.ts";
import { runDeliver } from "./deliver.ts";
import { runDevice } from "./device.ts";
import { runFaults } from "./faults.ts";
import { runFuzz } from "./fuzz.ts";
import { runKill } from "./kill.ts";
import { runOpen } from "./open.ts";
import { runPump } from "./pump.ts";
import { runScale } from "./scale.ts";
import { runWire } from "./wire.ts";

/** Runs one benchmark with its flags. Rejects where what it measured went wrong. */
type Benchmark = (flags: string[]) => Promise<void>;

const benchmarks = new Map<string, Benchmark>([
  ["agent", runAgent],
  ["clock", runClock],
  ["connect", runConnect],
  ["day", runDay],
  ["deliver", runDeliver],
  ["faults", runFaults],
  ["fuzz", runFuzz],
  ["kill", runKill],
  ["open", runOpen],
  ["pump", runPump],
  ["scale", runScale],
  ["wire", runWire],
  ["device", runDevice],
]);

const [name = "", ...flags] = process.argv.slice(2);
const benchmark = benchmarks.get(name);
if (benchmark === undefined) {
  const known = [...benchmarks.keys()].join(", ");
  process.stderr.write(`Cannot run benchmark "${name}": give one of ${known}\n`);
  process.exitCode = 2;
} else {
  try {
    await benchmark(flags);
  } catch (thrown) {
    process.stderr.write(`${messageOf(thrown)}\n`);
    process.exitCode = 1;
  }
}
