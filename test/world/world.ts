import { type Account, audit } from "./books.ts";
import { type Clockwork, createClockwork, withTurns } from "./clockwork.ts";
import { type Cloud, createCloud, type Taken } from "./cloud.ts";
import { createDice, type Dice } from "./dice.ts";
import { sendDisasters } from "./disasters.ts";
import { type Coverage, createFaults, type Faults } from "./faults.ts";
import { createUnit, type Unit } from "./fleet.ts";
import { createMachine, type Machine, type MachineOptions } from "./machine.ts";
import { createNetwork, type Network } from "./network.ts";
import type { Sabotage } from "./sabotage.ts";
import { ackWords, frameWords } from "./story.ts";
import { createTruth, type Truth } from "./truth.ts";

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

interface World {
  clockwork: Clockwork;
  dice: Dice;
  faults: Faults;
  truth: Truth;
  cloud: Cloud;
  network: Network;
  machine: Machine;
  units: Unit[];
  /** When faults end. */
  troubledMs: number;
  /** What broke outright. */
  broken: Set<string>;
  tell(what: string): void;
}

const startEpochMs = Date.UTC(2026, 0, 1);

/** The world's faults end after this at most. */
const troubleMs = [60_000, 7_200_000] as const;

/** Once faults have ended, all comes to rest within this. */
const restMs = 3_600_000;
const lookEachMs = 20_000;
const finalOffMs = 1_000;
/** Rest is rest once it has lasted so long: a count that waits for the link to be there again is not pending. */
const calmMs = 320_000;

const anySettings = (dice: Dice): MachineOptions["settings"] => ({
  fleet: "world",
  delivery: {
    flushAfterMs: dice.pick([0, 200, 5_000]),
    unknownOutcomeWaitMs: dice.pick([0, 1_000, 60_000]),
    refusedStamps: dice.pick(["restamp", "restamp", "keep"]),
    drainMs: 5_000,
  },
  cloudwatch: { stream: dice.pick(["{device}", "{device}", "{boot}", "all", "{date}"]) },
});

/** What all parts share. */
const createGround = (seed: number, { onStory, without, sabotage = {} }: WorldOptions) => {
  const dice = createDice(seed);
  const clockwork = createClockwork();
  const broken = new Set<string>();
  const epochMs = (): number => startEpochMs + clockwork.nowMs();
  return {
    ...{ dice, clockwork, broken, epochMs, sabotage },
    faults: createFaults(dice.fork(), without),
    truth: createTruth(),
    cloud: createCloud(clockwork.nowMs, epochMs),
    onBroken(what: string): void {
      broken.add(what);
    },
    tell(what: string): void {
      onStory?.(`${(clockwork.nowMs() / 1_000).toFixed(3).padStart(10)} s  ${what}`);
    },
  };
};

const createWorld = (ground: ReturnType<typeof createGround>): World => {
  const { clockwork, dice, tell, truth } = ground;
  const network = createNetwork({
    ...ground,
    dice: dice.fork(),
    isEmbedded: dice.chance(0.5),
    onUp(device, payload) {
      truth.observe(device, payload);
      tell(`${device} sends ${frameWords(payload)}`);
    },
    onArrival: truth.observeArrival,
    onDown: (device, payload) => tell(`${device} is told ${ackWords(payload)}`),
  });
  const troubledMs = dice.spread(...troubleMs);
  const machine = createMachine({
    ...ground,
    network,
    dice: dice.fork(),
    settings: anySettings(dice),
    spoolBytes: dice.pick([1_048_576, 1_048_576, 50_000, 6_000]),
    onAck: (device, payload) => truth.observeAck(device, payload, clockwork.nowMs()),
  });
  const units = Array.from({ length: 1 + dice.below(3) }, (_, index) =>
    createUnit({ ...ground, network, troubledMs, dice: dice.fork(), device: `unit-${index}` }),
  );
  return { ...ground, network, machine, units, troubledMs };
};

const isAtRest = ({ machine, units }: World): boolean =>
  machine.agent()?.pending().frames === 0 &&
  ![...machine.disk.contents().keys()].some((key) => key.startsWith("i/")) &&
  units.every(
    ({ run, hasRested }) =>
      hasRested() && run.log.stats().pending === 0 && (run.journal?.earlier() ?? null) === null,
  );

const restlessness = ({ machine, units }: World): string => {
  const waiting = units.map(
    ({ device, run }) =>
      `${device} has ${run.log.stats().pending} events and ${run.journal?.earlier() ? "an" : "no"} earlier boot`,
  );
  return `nothing comes to rest: the agent has ${machine.agent()?.pending().frames} frames, ${waiting.join(", ")}`;
};

/** Faults come until they end; then all must come to rest. */
const live = async (world: World): Promise<void> => {
  const { clockwork, dice, faults, machine, network, tell, troubledMs, truth, units } = world;
  const meanMs = dice.spread(troubledMs / 20, troubledMs);
  sendDisasters({ ...world, dice: dice.fork() }, troubledMs, meanMs);
  await clockwork.run(troubledMs);
  tell("faults have ended");
  faults.stop();
  network.heal();
  machine.defuse();
  for (const unit of units) unit.rest();
  await comeToRest(world);
  // What an agent heard of late, or a flash that was put back cannot know, is told by later starts.
  do {
    for (const unit of units) unit.reboot(finalOffMs);
    await comeToRest(world);
  } while (units.some((unit) => isBehind(truth, unit)));
};

/** Whether its flash counts starts that it had counted before. */
const isBehind = ({ boots }: Truth, { device, truth: { boot } }: Unit): boolean =>
  boots.filter(
    (each) =>
      each.device === device && each.boot.nonce === boot.nonce && each.boot.number >= boot.number,
  ).length > 1;

const comeToRest = async (world: World): Promise<void> => {
  const { broken, clockwork } = world;
  const limitMs = clockwork.nowMs() + restMs;
  let restlessAtMs = clockwork.nowMs();
  do {
    await clockwork.run(clockwork.nowMs() + lookEachMs);
    if (!isAtRest(world)) restlessAtMs = clockwork.nowMs();
  } while (clockwork.nowMs() - restlessAtMs < calmMs && clockwork.nowMs() < limitMs);
  if (!isAtRest(world)) broken.add(restlessness(world));
};

/** What is rejected and heard by nobody breaks a world, as it ends a process. */
const hearing = async (onUnheard: (what: string) => void, use: () => Promise<void>) => {
  const hear = (cause: unknown): void => onUnheard(`a failure nobody hears of: ${cause}`);
  process.on("unhandledRejection", hear);
  try {
    await use();
  } finally {
    process.removeListener("unhandledRejection", hear);
  }
};

/** Lives one world from its seed to its end, and audits its books. */
export const runWorld = async (seed: number, options: WorldOptions = {}): Promise<Outcome> => {
  const ground = createGround(seed, options);
  const { broken, clockwork, cloud, faults, truth } = ground;
  return withTurns(clockwork, async () => {
    const world = createWorld(ground);
    await hearing(ground.onBroken, () => live(world));
    for (const taken of cloud.taken) options.onTaken?.(taken);
    const { machine } = world;
    const account = audit({
      ...{ truth, machine, startEpochMs },
      taken: cloud.taken,
      letters: machine.deadLetters(),
      isDamaged: faults.coverage.damagedByte !== undefined,
    });
    const all = [...broken, ...account.faults];
    const { coverage } = faults;
    return { ...account, faults: all, seed, coverage, events: clockwork.events() };
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
