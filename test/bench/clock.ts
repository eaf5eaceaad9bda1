import { type Happening, runClockWorld, type Stamped, type Trip } from "../support/clock-world.ts";
import { createRandom, type Random } from "../support/random.ts";
import { numberFlag } from "./flags.ts";
import { rounded } from "./measure.ts";
import { type Row, tableText } from "./table.ts";

/** How messages fare between device and agent; those held take 20 s longer. */
interface Network {
  /** Least delay, each way. */
  upMs: number;
  downMs: number;
  /** A broker holds one message in so many for 20 s; 0 for none. */
  heldOnce: number;
}

/** Of the stamps that claim a bound. */
interface StampErrors {
  medianMs: number;
  p99Ms: number;
  worstMs: number;
  /** Stamps further from the true time than they say. */
  beyondBound: number;
  /** Median of the bounds that are claimed. */
  boundMs: number;
  /** Share of all stamps that claim one: not those from before a boot's first round trip. */
  synced: number;
}

const jitters = [5, 50, 500];

const networks: [string, Network][] = [
  ["even", { upMs: 10, downMs: 10, heldOnce: 0 }],
  ["slow down", { upMs: 10, downMs: 200, heldOnce: 0 }],
  ["slow up", { upMs: 200, downMs: 10, heldOnce: 0 }],
  ["held", { upMs: 10, downMs: 10, heldOnce: 20 }],
];

const heldMs = 20_000;
const flushAfterMs = 5_000;
const eventsOfFrame = 5;
const framesOfHour = 3_600_000 / flushAfterMs;

const delayOf = (
  random: Random,
  { heldOnce }: Network,
  leastMs: number,
  jitterMs: number,
): number =>
  leastMs +
  random.below(jitterMs * 1_000) / 1_000 +
  (heldOnce > 0 && random.once(heldOnce) ? heldMs : 0);

/** An hour of a device that logs once a second on average, with an oscillator that wanders. */
const hourOf = (random: Random, network: Network, jitterMs: number): Happening[] => {
  const usualPpm = random.below(301) - 150;
  const happenings: Happening[] = [];
  for (let frame = 0; frame < framesOfHour; frame++) {
    const driftPpm = usualPpm + random.below(101) - 50;
    const pauses = Array.from({ length: eventsOfFrame }, () => random.below(flushAfterMs / 5));
    for (const ms of pauses) happenings.push({ kind: "run", ms, driftPpm }, { kind: "log" });
    const passedMs = pauses.reduce((sum, ms) => sum + ms, 0);
    happenings.push({ kind: "run", ms: flushAfterMs - passedMs, driftPpm });
    const trip: Trip = {
      upMs: delayOf(random, network, network.upMs, jitterMs),
      isLost: random.once(100),
      copyMs: 0,
      storeMs: random.below(20),
      downMs: delayOf(random, network, network.downMs, jitterMs),
      isAckLost: random.once(100),
    };
    happenings.push({ kind: "send", trip });
  }
  return happenings;
};

const errorOf = ({ stamp, trueEpochMs }: Stamped): number =>
  Math.abs(stamp.epochMs - (trueEpochMs[0] ?? Number.NaN));

const at = (sorted: Float64Array, share: number): number =>
  rounded(sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN);

const errorsOf = (delivered: readonly Stamped[]): StampErrors => {
  const synced = delivered.filter(({ stamp }) => stamp.errorMs !== null);
  const errors = Float64Array.from(synced, errorOf).sort();
  const bounds = Float64Array.from(synced, ({ stamp }) => stamp.errorMs ?? 0).sort();
  return {
    medianMs: at(errors, 0.5),
    p99Ms: at(errors, 0.99),
    worstMs: at(errors, 1),
    beyondBound: synced.filter((one) => errorOf(one) > (one.stamp.errorMs ?? 0)).length,
    boundMs: at(bounds, 0.5),
    synced: rounded(synced.length / delivered.length),
  };
};

const keyOf = (name: string): string =>
  name.replaceAll(/ (\w)/g, (_, letter) => letter.toUpperCase());

/**
 * Stamps of `--boots` simulated hours (40), by jitter and network, against the true time; last line
 * JSON. Rejects where a stamp is beyond its bound.
 */
export const runClock = async (flags: string[]): Promise<void> => {
  const boots = numberFlag(flags, "boots", 40);
  const seed = numberFlag(flags, "seed", 1);
  const rows: Row[] = [
    ["jitter", "network", "median", "p99", "worst", "bound", "synced", "beyond"],
  ];
  const report: Record<string, unknown> = {};
  let beyond = 0;
  for (const jitterMs of jitters) {
    const byNetwork = networks.map(([name, network], place): [string, StampErrors] => {
      const random = createRandom(seed * 1_000 + jitterMs * 10 + place);
      const hours = Array.from({ length: boots }, () => hourOf(random, network, jitterMs));
      return [name, errorsOf(hours.flatMap((hour) => runClockWorld(hour).delivered))];
    });
    for (const [name, errors] of byNetwork) {
      const { medianMs, p99Ms, worstMs, boundMs, synced, beyondBound } = errors;
      rows.push([`${jitterMs}`, name, medianMs, p99Ms, worstMs, boundMs, synced, beyondBound]);
      beyond += beyondBound;
    }
    const [even, ...others] = byNetwork;
    const named = others.map(([name, errors]) => [keyOf(name), errors]);
    report[`jitter${jitterMs}`] = { ...even?.[1], ...Object.fromEntries(named) };
  }
  process.stdout.write(`${tableText(rows)}${JSON.stringify(report)}\n`);
  if (beyond > 0) throw new Error(`Stamps beyond their bounds: ${beyond}`);
};
