import type { Dice } from "./dice.ts";

/** What goes wrong by chance, each time something is done. */
const strikes = [
  ...["loss", "delay", "duplication", "reordering", "backPressure"],
  ...["slowDisk", "failedSync", "diskFull"],
  ...["throttled", "unavailable", "denied", "failedAnswer", "lostCall", "lostAnswer"],
  ...["lateApply", "lateVisibility", "slowAnswer"],
  ...["flood", "largeEvent"],
] as const;

/** What befalls the world from time to time. */
const disasters = [
  ...["partition", "disconnect", "brokerRestart", "brokerRestartWithoutSession"],
  ...["reboot", "powerCut", "flashCut", "sleep", "uncountedSleep", "closedLog"],
  ...["agentStop", "agentCrash", "agentPowerLoss", "agentWallStep", "damagedByte", "tornWrite"],
  ...["groupDeleted", "streamDeleted", "retentionCut"],
  ...["storeLost", "storeRestored", "flashErased", "flashRestored", "deviceClockSet"],
] as const;

export type Strike = (typeof strikes)[number];
export type Disaster = (typeof disasters)[number];
export type Fault = Strike | Disaster;

export const allFaults: readonly Fault[] = [...strikes, ...disasters];

/** How often each fault has come. */
export type Coverage = { [fault in Fault]?: number };

/**
 * The faults of one world. Each seed has some of them and not the others, for many faults at a time
 * hide each other.
 */
export interface Faults {
  /** Whether this one comes now. */
  strikes(fault: Strike): boolean;
  /** Disasters that this world knows. */
  disasters: readonly Disaster[];
  /** Notes that it has come. */
  note(fault: Fault): void;
  has(fault: Fault): boolean;
  /** Nothing goes wrong from now on. */
  stop(): void;
  coverage: Coverage;
}

/** How often a strike comes, at least and at most. */
const rates: { [fault in Strike]?: readonly [number, number] } = {
  failedSync: [0.000_3, 0.005],
  diskFull: [0.000_3, 0.005],
  flood: [0.002, 0.05],
  largeEvent: [0.005, 0.1],
  denied: [0.005, 0.1],
};

const usual = [0.005, 0.35] as const;

/**
 * `without`: faults that do not come. An old copy of the store takes the second of two boots of one name for the
 * first, where it was made before the second came: flash and store are not put back in one world.
 */
export const createFaults = (dice: Dice, without: readonly string[] = []): Faults => {
  const share = dice.pick([0, 0.15, 0.3, 0.5, 0.8]);
  const rateOf = new Map<Strike, number>();
  for (const fault of strikes) {
    if (dice.chance(share)) rateOf.set(fault, dice.spread(...(rates[fault] ?? usual)));
  }
  const drawn = disasters.filter((fault) => dice.chance(share) && !without.includes(fault));
  const known = drawn.includes("flashRestored")
    ? drawn.filter((fault) => fault !== "storeRestored")
    : drawn;
  for (const fault of without) rateOf.delete(fault as Strike);
  const coverage: Coverage = {};
  const note = (fault: Fault): void => {
    coverage[fault] = (coverage[fault] ?? 0) + 1;
  };
  let isOver = false;
  return {
    coverage,
    disasters: known,
    note,
    has: (fault) => rateOf.has(fault as Strike) || known.includes(fault as Disaster),
    strikes(fault) {
      const rate = isOver ? undefined : rateOf.get(fault);
      if (rate === undefined || !dice.chance(rate)) return false;
      note(fault);
      return true;
    },
    stop() {
      isOver = true;
    },
  };
};
