import type { Boot } from "../shared/frame.ts";
import { type BootClock, createBootClock, type Stamp } from "./clock.ts";
import { createDefinitions, type Definitions } from "./receive/definitions.ts";
import { textOfBoot } from "./remembered.ts";
import { createSession, type Session } from "./session.ts";
import type { BootRecord, HeldDefinition } from "./spool/spool.ts";

/** What the agent keeps in memory of a device. */
export interface Device {
  id: string;
  session: Session;
  definitions: Definitions;
  /** The clock of a boot of which something is stored. */
  clock(boot: Boot): BootClock | undefined;
  /** The same; begins it for a boot of which something is about to be stored. */
  startedClock(boot: Boot): BootClock;
  forget(boot: Boot): void;
  /** Boots it keeps a clock of. */
  boots(): number;
}

/** The devices that were heard of lately; the others are in the spool. */
export interface Devices {
  /** Calls `use` with the device: at once if it is in memory, else once it is read; in order. */
  with(id: string, use: (device: Device) => void): Promise<void> | undefined;
  /** Resolves once the clock of the boot is in memory, of a device that may not be. */
  loadClock(id: string, boot: Boot): Promise<void>;
  /** What stamps uptimes of a boot; null if its clock is not in memory or has been told no time. */
  readClock(id: string, boot: Boot): ((uptimeMs: number) => Stamp) | null;
  /** Devices in memory. */
  size(): number;
  /** Of these, those heard of last, the last of all first. */
  recent(limit: number): Device[];
}

export interface DevicesOptions {
  /** What is stored of a device, oldest boot first. */
  boots(id: string): Promise<BootRecord[]>;
  /** What is stored of one boot. */
  boot(id: string, boot: Boot): Promise<BootRecord | null>;
  /** Which definitions are stored of a boot. */
  held(id: string, boot: Boot): readonly HeldDefinition[];
  /** Devices in memory, four boots each on average; those not heard of for longest give way. */
  limit: number;
  toEpochMs(monotonicMs: number): number;
  /** As of `Time`. */
  machineBoot?: string | undefined;
  /** Of a boot: so that ids of another store are not taken for this one's. */
  firstAckId?: number;
}

/** Boots of a device in memory, on average over all. */
const bootsOfDevice = 4;

export const createDevices = (options: DevicesOptions): Devices => {
  const known = new Map<string, { device: Device; boots: number }>();
  const loading = new Map<string, Promise<Device>>();
  /** Clocks of boots whose events are delivered while their device is silent. */
  const clocks = new Map<string, Map<string, BootClock>>();
  let boots = 0;

  const drop = (id: string): void => {
    boots -= known.get(id)?.boots ?? 0;
    known.delete(id);
  };
  const isTooMuch = (): boolean =>
    known.size > options.limit || boots > options.limit * bootsOfDevice;
  const keep = (device: Device): Device => {
    drop(device.id);
    known.set(device.id, { device, boots: device.boots() });
    boots += device.boots();
    for (const id of known.keys()) {
      if (!isTooMuch() || id === device.id) break;
      drop(id);
    }
    return device;
  };
  const readBoot = async (id: string, boot: Boot): Promise<void> => {
    const record = await options.boot(id, boot);
    if (record === null || known.has(id)) return;
    const ofDevice = clocks.get(id) ?? new Map<string, BootClock>();
    const { toEpochMs, machineBoot } = options;
    const state = record.clock;
    ofDevice.set(textOfBoot(boot), createBootClock({ state, toEpochMs, machineBoot }));
    clocks.delete(id);
    clocks.set(id, ofDevice);
    for (const oldest of clocks.keys()) {
      if (clocks.size <= options.limit) break;
      clocks.delete(oldest);
    }
  };
  const read = async (id: string): Promise<Device> => {
    const records = await options.boots(id);
    loading.delete(id);
    clocks.delete(id);
    return keep(createDevice(id, records, options));
  };
  const fetch = (id: string): Promise<Device> => {
    const begun = loading.get(id) ?? read(id);
    loading.set(id, begun);
    return begun;
  };
  return {
    with(id, use) {
      const place = known.get(id);
      if (place === undefined) return fetch(id).then(use);
      use(keep(place.device));
      return undefined;
    },
    async loadClock(id, boot) {
      const place = known.get(id);
      if (place !== undefined) keep(place.device);
      else if (loading.has(id)) await fetch(id);
      else if (clocks.get(id)?.has(textOfBoot(boot)) !== true) await readBoot(id, boot);
    },
    readClock(id, boot) {
      const place = known.get(id);
      const clock = place?.device.clock(boot) ?? clocks.get(id)?.get(textOfBoot(boot));
      return clock?.isSet() ? clock.stamp : null;
    },
    size: () => known.size,
    recent: (limit) =>
      [...known.values()]
        .slice(-limit)
        .reverse()
        .map(({ device }) => device),
  };
};

const createDevice = (
  id: string,
  records: BootRecord[],
  { toEpochMs, machineBoot, held, firstAckId = 1 }: DevicesOptions,
): Device => {
  const definitions = createDefinitions((boot) => held(id, boot));
  const clocks = new Map(
    records.map(({ boot, clock }) => [
      textOfBoot(boot),
      createBootClock({ state: clock, toEpochMs, machineBoot }),
    ]),
  );
  return {
    id,
    session: createSession(records),
    definitions,
    clock: (boot) => clocks.get(textOfBoot(boot)),
    startedClock(boot) {
      const key = textOfBoot(boot);
      const clock = clocks.get(key) ?? createBootClock({ toEpochMs, machineBoot, firstAckId });
      clocks.set(key, clock);
      return clock;
    },
    forget(boot) {
      clocks.delete(textOfBoot(boot));
      definitions.forget(boot);
    },
    boots: () => clocks.size,
  };
};
