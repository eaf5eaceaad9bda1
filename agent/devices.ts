import { type Boot, bootText } from "../shared/frame.ts";
import { type BootClock, createBootClock, type Stamp } from "./clock.ts";
import { createSession, type Session } from "./session.ts";
import type { BootRecord } from "./spool/spool.ts";

/** What the agent keeps in memory of a device. */
export interface Device {
  id: string;
  session: Session;
  /** The clock of a boot; one that was never seen knows nothing yet. */
  clockOf(boot: Boot): BootClock;
  forget(boot: Boot): void;
}

/** The devices that were heard of lately; the others are in the spool. */
export interface Devices {
  /** Calls `use` with the device: at once if it is in memory, else once it is read; in order. */
  with(id: string, use: (device: Device) => void): Promise<void> | undefined;
  /** Resolves once the device is in memory. */
  load(id: string): Promise<void>;
  /** Stamps an uptime of a loaded device; null if that boot has told no time. */
  stamp(id: string, boot: Boot, uptimeMs: number): Stamp | null;
  size(): number;
}

export interface DevicesOptions {
  /** What is stored of a device, oldest boot first. */
  boots(id: string): Promise<BootRecord[]>;
  /** Devices in memory; the one not heard of for longest gives way. */
  limit: number;
  toEpochMs(monotonicMs: number): number;
}

export const createDevices = (options: DevicesOptions): Devices => {
  const known = new Map<string, Device>();
  const loading = new Map<string, Promise<Device>>();

  const keep = (device: Device): Device => {
    known.delete(device.id);
    known.set(device.id, device);
    const [oldest] = known.keys();
    if (known.size > options.limit && oldest !== undefined) known.delete(oldest);
    return device;
  };
  const read = async (id: string): Promise<Device> => {
    const records = await options.boots(id);
    loading.delete(id);
    return keep(createDevice(id, records, options.toEpochMs));
  };
  const fetch = (id: string): Promise<Device> => {
    const begun = loading.get(id) ?? read(id);
    loading.set(id, begun);
    return begun;
  };
  return {
    with(id, use) {
      const device = known.get(id);
      if (device === undefined) return fetch(id).then(use);
      use(keep(device));
      return undefined;
    },
    async load(id) {
      if (!known.has(id)) await fetch(id);
    },
    stamp(id, boot, uptimeMs) {
      const clock = known.get(id)?.clockOf(boot);
      return clock?.isSet() ? clock.stamp(uptimeMs) : null;
    },
    size: () => known.size,
  };
};

const createDevice = (
  id: string,
  records: BootRecord[],
  toEpochMs: (monotonicMs: number) => number,
): Device => {
  const clocks = new Map(
    records.map(({ boot, clock }) => [
      bootText(boot),
      createBootClock({ state: clock, toEpochMs }),
    ]),
  );
  return {
    id,
    session: createSession(records),
    clockOf(boot) {
      const key = bootText(boot);
      const clock = clocks.get(key) ?? createBootClock({ toEpochMs });
      clocks.set(key, clock);
      return clock;
    },
    forget(boot) {
      clocks.delete(bootText(boot));
    },
  };
};
