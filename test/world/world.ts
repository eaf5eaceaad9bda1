import { type Account, audit } from "./books.ts";
import { createClockwork, withTurns } from "./clockwork.ts";
import { createCloud, type Taken } from "./cloud.ts";
import { createDice } from "./dice.ts";
import { sendDisasters } from "./disasters.ts";
import type { Coverage } from "./faults.ts";
import { createFaults } from "./faults.ts";
import { createUnit, type Unit } from "./fleet.ts";
import { createMachine, type Machine } from "./machine.ts";
import { createNetwork } from "./network.ts";
import type { Sabotage } from "./sabotage.ts";
import { ackWords, frameWords } from "./story.ts";
import { createTruth } from "./truth.ts";

/** What became of one world. */
export interface Outcome extends Account {
  seed: number;
  coverage: Coverage;
  /** Things that happened in it. */
  events: number;
}

export interface WorldOptions {
  /** Told what happens, with its time. */
  onStory?(line: string): void;
  /** Told in the end what CloudWatch took. */
  onTaken?(taken: Taken): void;
  sabotage?: Sabotage;
  /** Faults that do not come. */
  without?: readonly string[];
}

const startEpochMs = Date.UTC(2026, 0, 1);

/** The world's faults end after this at most. */
const troubleMs = [60_000, 7_200_000] as const;

/** Once faults have ended, all comes to rest within this. */
const restMs = 3_600_000;
const lookEachMs = 20_000;

const isAtRest = (units: readonly Unit[], machine: Machine): boolean =>
  machine.agent()?.pending().frames === 0 &&
  ![...machine.disk.contents().keys()].some((key) => key.startsWith("i/")) &&
  units.every(
    ({ run, hasRested }) =>
      hasRested() && run.log.stats().pending === 0 && (run.journal?.earlier() ?? null) === null,
  );

/** Lives one world from its seed to its end, and audits its books. */
export const runWorld = async (seed: number, options: WorldOptions = {}): Promise<Outcome> => {
  const dice = createDice(seed);
  const clockwork = createClockwork();
  const broken: string[] = [];
  const onBroken = (what: string): void => {
    broken.push(what);
  };
  const tell = (what: string): void => {
    options.onStory?.(`${(clockwork.nowMs() / 1_000).toFixed(3).padStart(10)} s  ${what}`);
  };
  const faults = createFaults(dice.fork(), options.without);
  const truth = createTruth();
  const epochMs = (): number => startEpochMs + clockwork.nowMs();
  const cloud = createCloud(clockwork.nowMs, epochMs);
  const { sabotage = {} } = options;
  const shared = { clockwork, faults, cloud, epochMs, truth, tell, sabotage };
  const network = createNetwork({
    ...shared,
    dice: dice.fork(),
    isEmbedded: dice.chance(0.5),
    onUp(device, payload) {
      truth.observe(device, payload);
      if (options.onStory) tell(`${device} sends ${frameWords(payload)}`);
    },
    onDown(device, payload) {
      if (options.onStory) tell(`${device} is told ${ackWords(payload)}`);
    },
  });
  const troubledMs = dice.spread(...troubleMs);
  return withTurns(clockwork, async () => {
    const machine = createMachine({
      ...shared,
      network,
      dice: dice.fork(),
      settings: {
        fleet: "world",
        delivery: {
          flushAfterMs: dice.pick([0, 200, 5_000]),
          unknownOutcomeWaitMs: dice.pick([0, 1_000, 60_000]),
          refusedStamps: dice.pick(["restamp", "restamp", "keep"]),
          drainMs: 5_000,
        },
        cloudwatch: { stream: dice.pick(["{device}", "{device}", "{boot}", "all", "{date}"]) },
      },
      onAck: (device, payload) => truth.observeAck(device, payload, clockwork.nowMs()),
      spoolBytes: dice.pick([1_048_576, 1_048_576, 50_000, 6_000]),
      onBroken,
    });
    const units = Array.from({ length: 1 + dice.below(3) }, (_, index) =>
      createUnit({
        ...shared,
        network,
        onBroken,
        troubledMs,
        dice: dice.fork(),
        device: `unit-${index}`,
      }),
    );
    const victims = { ...shared, network, machine, units, dice: dice.fork() };
    sendDisasters(victims, troubledMs, dice.spread(troubledMs / 20, troubledMs));
    await clockwork.run(troubledMs);

    tell("faults have ended");
    faults.stop();
    network.heal();
    machine.defuse();
    for (const unit of units) if (unit.flash) unit.flash.failAfterBytes = Number.POSITIVE_INFINITY;
    for (const unit of units) unit.rest();
    const limitMs = clockwork.nowMs() + restMs;
    do await clockwork.run(clockwork.nowMs() + lookEachMs);
    while (!isAtRest(units, machine) && clockwork.nowMs() < limitMs);
    if (!isAtRest(units, machine)) broken.push(restlessness(units, machine));
    const account = audit({
      truth,
      taken: cloud.taken,
      machine,
      letters: machine.deadLetters(),
      startEpochMs,
      isDamaged: faults.coverage.damagedByte !== undefined,
    });
    account.faults.push(...new Set(broken));
    if (options.onTaken) cloud.taken.forEach(options.onTaken);
    return { ...account, seed, coverage: faults.coverage, events: clockwork.events() };
  });
};

/** The first world, from seed 1 on, that shows the sabotage; null where none of so many does. */
export const firstCaught = async (sabotage: Sabotage, seeds: number): Promise<Outcome | null> => {
  for (let seed = 1; seed <= seeds; seed++) {
    const outcome = await runWorld(seed, { sabotage });
    if (outcome.faults.length === 0) continue;
    const { faults } = await runWorld(seed);
    if (faults.length === 0) return outcome;
  }
  return null;
};

const restlessness = (units: readonly Unit[], machine: Machine): string => {
  const waiting = units.map(
    ({ device, run }) =>
      `${device} has ${run.log.stats().pending} events and ${run.journal?.earlier() ? "an" : "no"} earlier boot`,
  );
  return `nothing comes to rest: the agent has ${machine.agent()?.pending().frames} frames, ${waiting.join(", ")}`;
};
