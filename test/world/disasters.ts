import type { Clockwork } from "./clockwork.ts";
import type { Cloud } from "./cloud.ts";
import type { Dice } from "./dice.ts";
import type { Disaster, Faults } from "./faults.ts";
import type { Unit } from "./fleet.ts";
import type { Machine } from "./machine.ts";
import type { Network } from "./network.ts";

/** What disasters befall. */
export interface Victims {
  clockwork: Clockwork;
  dice: Dice;
  faults: Faults;
  network: Network;
  cloud: Cloud;
  machine: Machine;
  units: readonly Unit[];
  tell(what: string): void;
}

const shortMs = [50, 600_000] as const;
const dayMs = 86_400_000;

/** What each does; false where it cannot be done now, or is noted once it has come about. */
const doings: { [disaster in Disaster]: (victims: Victims) => unknown } = {
  partition: ({ dice, network, units }) =>
    network.partition(dice.pick(units).device, dice.spread(...shortMs)),
  disconnect: ({ dice, network, units }) =>
    network.cut(dice.pick(units).device, dice.spread(...shortMs)),
  brokerRestart: ({ dice, network }) => network.restartBroker(dice.spread(100, 120_000), true),
  brokerRestartWithoutSession: ({ dice, network }) =>
    network.restartBroker(dice.spread(100, 120_000), false),
  reboot: ({ dice, units }) => dice.pick(units).reboot(dice.spread(1, 10_000)),
  powerCut: ({ dice, units }) => dice.pick(units).reboot(dice.spread(1_000, 1_800_000)),
  flashCut({ dice, units }) {
    const { flash } = dice.pick(units);
    if (flash) flash.failAfterBytes = dice.below(600);
    return false;
  },
  sleep: ({ dice, units }) => dice.pick(units).sleep(),
  uncountedSleep: ({ dice, units }) => dice.pick(units).run.doze(dice.spread(10, 600_000)),
  closedLog: ({ dice, units }) => dice.pick(units).close(),
  deviceClockSet: ({ dice, units }) =>
    dice.pick(units).run.setClock(dice.pick([-3_600_000, 61_000, 315_576_000_000])),
  agentStop: ({ machine }) => machine.stop(),
  agentCrash({ dice, machine }) {
    machine.crashWithin(dice.below(60), false);
    return false;
  },
  agentPowerLoss({ dice, machine }) {
    machine.crashWithin(dice.below(60), true);
    return false;
  },
  agentWallStep: ({ dice, machine }) =>
    machine.setWallClock(dice.pick([-1, 1]) * dice.spread(100, 3 * dayMs)),
  damagedByte: ({ machine }) => machine.disk.damage(),
  tornWrite: () => false,
  groupDeleted({ cloud, dice }) {
    const groups = cloud.groups();
    if (groups.length === 0) return false;
    cloud.deleteGroup(dice.pick(groups));
    return true;
  },
  streamDeleted({ cloud, dice }) {
    const [group] = cloud.groups();
    const streams = group === undefined ? [] : cloud.streams(group);
    if (group === undefined || streams.length === 0) return false;
    cloud.deleteStream(group, dice.pick(streams));
    return true;
  },
  retentionCut({ cloud, dice }) {
    const [group] = cloud.groups();
    if (group === undefined) return false;
    cloud.retain(group, dice.pick([1, 3, null]));
    return true;
  },
  storeLost: ({ machine }) => machine.replaceStore(false),
  storeRestored: ({ machine }) => machine.replaceStore(true),
  flashErased({ dice, units }) {
    const unit = dice.pick(units);
    if (!unit.flash) return false;
    unit.erase();
    return true;
  },
  flashRestored: ({ dice, units }) => dice.pick(units).restoreFlash(),
};

/** Lets them come, one after the other, until `untilMs`. */
export const sendDisasters = (victims: Victims, untilMs: number, meanMs: number): void => {
  const { clockwork, dice, faults, machine, tell, units } = victims;
  const next = (): void => {
    const delayMs = dice.spread(meanMs / 10, meanMs * 2);
    if (clockwork.nowMs() + delayMs >= untilMs) return;
    clockwork.after(delayMs, () => {
      if (dice.chance(0.1)) machine.backUp();
      if (dice.chance(0.1)) dice.pick(units).backUpFlash();
      const disaster = dice.pick(faults.disasters);
      tell(`disaster: ${disaster}`);
      if (doings[disaster](victims) !== false) faults.note(disaster);
      next();
    });
  };
  if (faults.disasters.length > 0) next();
};
