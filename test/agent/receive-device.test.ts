import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type DeviceAndAgent,
  type StoredEvents,
  startDeviceAndAgent,
} from "../support/device-and-agent.ts";
import type { FakeDisk } from "../support/fake-store.ts";

/** What has happened to the messages of one journey. */
const startJourney = async (outboxBytes: number) => {
  const world = await startDeviceAndAgent(outboxBytes);
  let logged = 0;
  let frames: Uint8Array[] = [];
  let acks: Uint8Array[] = [];
  let backup: FakeDisk = new Map();
  let tombstones = 0;
  const stores: StoredEvents[] = [];
  const leave = async (disk: FakeDisk): Promise<void> => {
    stores.push(await world.stored());
    await world.replaceAgent(disk);
  };
  return {
    world,
    stores,
    logged: () => logged,
    tombstones: () => tombstones,
    log(many: number, level: "debug" | "error" | "fatal") {
      for (let left = many; left > 0; left--) world.log[level]("number %d of %s", logged++, level);
    },
    advance: (ms: number) => world.advance(ms),
    /** One that is on its way arrives, and stays on its way as a copy. */
    async arrive(index: number) {
      frames = [...world.takeFrames(), ...frames].slice(0, 12);
      tombstones += frames.filter(([mark]) => mark === 0xa0).length;
      const frame = frames[index % Math.max(1, frames.length)];
      if (frame !== undefined) await world.rig.take(frame);
    },
    hear(index: number) {
      acks = [...world.takeAcks(), ...acks].slice(0, 12);
      const ack = acks[index % Math.max(1, acks.length)];
      if (ack !== undefined) world.hear(ack);
    },
    /** Acks that are on their way come late, on the next connection. */
    moveConnection() {
      world.link.disconnect();
      world.advance(100);
      world.link.connect();
    },
    backUp() {
      backup = world.rig.disk.diskAfterPowerCut();
    },
    restartAgent: () => world.replaceAgent(world.rig.disk.diskAfterPowerCut()),
    restore: () => leave(backup),
    loseStore: () => leave(new Map()),
    async rest() {
      for (let round = 0; round < 60; round++) {
        world.advance(5_000);
        await world.exchange();
      }
      stores.push(await world.stored());
    },
  };
};

type Journey = Awaited<ReturnType<typeof startJourney>>;
type Step = (journey: Journey) => unknown;

const anyLevel = fc.constantFrom("debug" as const, "error" as const, "fatal" as const);

const weighted = (weight: number, arbitrary: fc.Arbitrary<Step>) => ({ weight, arbitrary });

const steps = [
  weighted(
    6,
    fc.tuple(fc.integer({ min: 1, max: 30 }), anyLevel).map(
      ([many, level]): Step =>
        (journey) =>
          journey.log(many, level),
    ),
  ),
  weighted(
    5,
    fc.nat(9_000).map(
      (ms): Step =>
        (journey) =>
          journey.advance(ms),
    ),
  ),
  weighted(
    8,
    fc.nat(11).map(
      (index): Step =>
        (journey) =>
          journey.arrive(index),
    ),
  ),
  weighted(
    6,
    fc.nat(11).map(
      (index): Step =>
        (journey) =>
          journey.hear(index),
    ),
  ),
  weighted(
    2,
    fc.constant<Step>((journey) => journey.moveConnection()),
  ),
  weighted(
    1,
    fc.constant<Step>((journey) => journey.restartAgent()),
  ),
];

const losses = [
  weighted(
    1,
    fc.constant<Step>((journey) => journey.backUp()),
  ),
  weighted(
    1,
    fc.constant<Step>((journey) => journey.restore()),
  ),
  weighted(
    1,
    fc.constant<Step>((journey) => journey.loseStore()),
  ),
];

const risesIn = ({ numbers }: StoredEvents): boolean =>
  numbers.every((number, index) => index === 0 || number > (numbers[index - 1] as number));

/** Checks a law over journeys; gives how many of them had a tombstone on its way. */
const holds = async (
  of: typeof steps,
  law: (journey: Journey) => void | Promise<void>,
): Promise<number> => {
  let withTombstones = 0;
  const journeys = fc.tuple(
    fc.constantFrom(500, 900, 20_000),
    fc.array(fc.oneof(...of), { minLength: 10, maxLength: 70, size: "max" }),
  );
  await fc.assert(
    fc.asyncProperty(journeys, async ([outboxBytes, happenings]) => {
      const journey = await startJourney(outboxBytes);
      for (const step of happenings) await step(journey);
      await journey.rest();
      if (journey.tombstones() > 0) withTombstones++;
      const { world } = journey;
      expect(world.log.stats().pending).toBe(0);
      expect([...world.rig.fatals, ...world.rig.troubles]).toEqual([]);
      expect(journey.stores.every(risesIn)).toBe(true);
      await law(journey);
    }),
    { numRuns: Number(process.env.RUNS ?? 60) },
  );
  return withTombstones;
};

describe("receive and a device without flash", () => {
  it("store each event once, or the count of it, however frames and acks fare", async () => {
    const withTombstones = await holds(steps, ({ logged, stores }) => {
      const [store] = stores as [StoredEvents];
      expect(store.numbers.length + store.dropped).toBe(logged());
      expect(store.lost).toBe(0);
    });

    expect(withTombstones).toBeGreaterThan(5);
  });

  it("have each event in one of the stores, or its count, where these are lost or restored", async () => {
    await holds([...steps, ...losses], ({ logged, stores }) => {
      const kept = new Set(stores.flatMap(({ numbers }) => numbers));
      const counted = stores.reduce((sum, { dropped }) => sum + dropped, 0);
      expect(kept.size + counted).toBeGreaterThanOrEqual(logged());
    });
  });
});

/** A device that begins twice under one name: both times with `start`, then with its own events. */
const beginTwice = async (start: number, isFirstLost: boolean): Promise<DeviceAndAgent> => {
  const world = await startDeviceAndAgent(20_000);
  for (const run of [0, 1]) {
    if (run > 0) world.restartDevice(1);
    for (let number = 0; number < start; number++) world.log.info("number %d", number);
    world.advance(2_000);
    if (run > 0 && isFirstLost) world.takeFrames();
    await world.exchange();
    for (let number = 0; number < 40 - 20 * run; number++) {
      world.log.info("number %d", 100 * (run + 1) + number);
      world.advance(2_000);
      await world.exchange();
    }
    world.advance(60_000);
    await world.exchange();
  }
  return world;
};

describe("receive and a device that begins twice under one name", () => {
  it.each([
    { start: 3, isFirstLost: false },
    { start: 3, isFirstLost: true },
    { start: 0, isFirstLost: false },
  ])(
    "keep as dead letters all that is not the same, start $start, lost $isFirstLost",
    async ({ start, isFirstLost }) => {
      const { rig, log, stored } = await beginTwice(start, isFirstLost);

      const { numbers } = await stored();
      const letters = await rig.spool.deadLetters();
      expect(log.stats().pending).toBe(0);
      expect(numbers.filter((number) => number >= 200)).toEqual([]);
      expect(letters.length).toBe(rig.metrics.framesDoubled);
      expect(letters.length + rig.metrics.framesDuplicate).toBeGreaterThanOrEqual(20);
      expect(rig.metrics.framesDuplicate).toBeLessThanOrEqual(1);
    },
  );
});
