import { describe, expect, it } from "vitest";
import { createDevices } from "../../agent/devices.ts";
import type { BootRecord } from "../../agent/spool/spool.ts";
import type { Boot } from "../../shared/frame.ts";
import { bootOf, headerOf, newFrame, recordOf } from "../support/any-receipt.ts";

const timing = { ...headerOf(bootOf(1), 0), arrivalMs: 5_000 };

/** Devices over records that are read when the test says so. */
const heldDevices = (limit = 10, recordsOf: (id: string) => BootRecord[] = () => []) => {
  const reads: { id: string; answer(): void }[] = [];
  let bootReads = 0;
  const boots = (id: string): Promise<BootRecord[]> =>
    new Promise((resolve) => {
      reads.push({ id, answer: () => resolve(recordsOf(id)) });
    });
  const boot = async (id: string, { nonce }: Boot): Promise<BootRecord | null> => {
    bootReads++;
    return recordsOf(id).find((record) => record.boot.nonce === nonce) ?? null;
  };
  const devices = createDevices({ boots, boot, held: () => [], limit, toEpochMs: (ms) => ms });
  const load = async (id: string): Promise<void> => {
    const loaded = devices.with(id, () => {});
    reads.findLast((read) => read.id === id)?.answer();
    await loaded;
  };
  return { devices, reads, load, bootReads: () => bootReads };
};

/** What is stored of a boot one frame of which was sent at uptime 1,000. */
const timedRecord = (device: string, epochMs: number): BootRecord => ({
  ...recordOf(newFrame(device, 0)),
  clock: {
    ackCeiling: 1,
    segments: [
      {
        afterUptimeMs: -1,
        notBefore: [],
        notAfter: [{ uptimeMs: 1_000, epochMs }],
        roundTripMs: null,
      },
    ],
  },
});

describe("devices", () => {
  it("uses a device at once while it is in memory", async () => {
    const { devices, load } = heldDevices();
    await load("pump");
    const used: string[] = [];

    const waiting = devices.with("pump", ({ id }) => used.push(id));

    expect(waiting).toBeUndefined();
    expect(used).toEqual(["pump"]);
  });

  it("reads a device once, and serves those who wait for it in order", async () => {
    const { devices, reads } = heldDevices();
    const used: number[] = [];

    const waiting = [1, 2, 3].map((turn) => devices.with("pump", () => used.push(turn)));
    reads[0]?.answer();
    await Promise.all(waiting);

    expect(reads).toHaveLength(1);
    expect(used).toEqual([1, 2, 3]);
  });

  it("goes on where the stored boots are", async () => {
    const { devices, load } = heldDevices(10, () => [recordOf(newFrame("pump", 6))]);
    let cursor = 0;

    await load("pump");
    devices.with("pump", ({ session }) => {
      cursor = session.cursor(bootOf(1));
    });

    expect(cursor).toBe(7);
  });

  it("drops the device not heard of for longest", async () => {
    const { devices, reads, load } = heldDevices(2);

    for (const id of ["pump", "door", "pump", "lamp"]) await load(id);
    devices.with("pump", () => {});
    void devices.with("door", () => {});

    expect(devices.size()).toBe(2);
    expect(reads.map(({ id }) => id)).toEqual(["pump", "door", "lamp", "door"]);
  });

  it("drops devices sooner where they have many boots", async () => {
    const boots = Array.from({ length: 8 }, (_, index) =>
      recordOf(newFrame("pump", 0, { boot: bootOf(index) }), index),
    );
    const { devices, load } = heldDevices(4, () => boots);

    for (const id of ["pump", "door", "lamp"]) await load(id);

    expect(devices.size()).toBe(2);
  });

  it("keeps one device however many boots it has", async () => {
    const boots = [1, 2, 3, 4, 5].map((each) =>
      recordOf(newFrame("pump", 0, { boot: bootOf(each) }), each),
    );
    const { devices, load } = heldDevices(1, () => boots);

    await load("pump");

    expect(devices.size()).toBe(1);
  });

  it("stamps by the clock of the boot", async () => {
    const { devices, load } = heldDevices();
    await load("pump");

    devices.with("pump", (device) => device.startedClock(bootOf(1)).observe(timing));

    expect(devices.readClock("pump", bootOf(1))?.(0).epochMs).toBeTypeOf("number");
  });

  it("has no clock for a boot, or a device, that told no time, and begins none for it", async () => {
    const { devices, load } = heldDevices();
    await load("pump");
    let boots = -1;

    const clocks = ["pump", "door"].map((id) => devices.readClock(id, bootOf(1)));
    devices.with("pump", (device) => {
      boots = device.boots();
    });

    expect(clocks).toEqual([null, null]);
    expect(boots).toBe(0);
  });

  it("reads the clock of one boot alone while its device is silent, and reads it once", async () => {
    const { devices, bootReads } = heldDevices(10, (id) => [timedRecord(id, 7_000)]);

    await devices.loadClock("pump", bootOf(1));
    await devices.loadClock("pump", bootOf(1));

    expect(devices.readClock("pump", bootOf(1))?.(1_000).epochMs).toBe(7_000);
    expect(devices.readClock("pump", bootOf(2))).toBeNull();
    expect(devices.size()).toBe(0);
    expect(bootReads()).toBe(1);
  });

  it("goes by the clock of the device itself once that is in memory", async () => {
    let epochMs = 7_000;
    const { devices, load } = heldDevices(10, (id) => [timedRecord(id, epochMs)]);
    await devices.loadClock("pump", bootOf(1));
    epochMs = 9_000;

    await load("pump");

    expect(devices.readClock("pump", bootOf(1))?.(1_000).epochMs).toBe(9_000);
  });

  it("keeps the clocks of as many silent devices as it keeps devices", async () => {
    const { devices, bootReads } = heldDevices(2, (id) => [timedRecord(id, 7_000)]);

    for (const id of ["pump", "door", "lamp"]) await devices.loadClock(id, bootOf(1));
    await devices.loadClock("lamp", bootOf(1));
    await devices.loadClock("pump", bootOf(1));

    expect(bootReads()).toBe(4);
  });
});
