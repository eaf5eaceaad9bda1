import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openFrame } from "../../agent/delivery/batch/pending.ts";
import type { Spool } from "../../agent/spool/spool.ts";
import { type Boot, bootText } from "../../shared/frame.ts";
import { unrecordedSeqs } from "../../shared/limits.ts";
import { anyReading } from "../support/any-reading.ts";
import { headerOf, payloadOf, uncountedBoot } from "../support/any-receipt.ts";
import { fakeTime } from "../support/fake-time.ts";
import { flashDevice } from "../support/flash-device.ts";
import { startReceive } from "../support/started-receive.ts";

const lane = "g:pump";
const everything = Number.MAX_SAFE_INTEGER;
const nonce = 0xf1a5_0000;
const reading = anyReading();

/** What one store has of a boot, and says of it. */
interface Told {
  /** Its events, by seq, with how often they were stored. */
  events: Map<number, number>;
  /** Seqs that were counted, with how often. */
  counted: Map<number, number>;
  closes: number;
  /** Seqs below were lost at most, as the boot was closed. */
  mayLack: number;
  isEnded: boolean;
  /** Seqs in the order of their storing. */
  order: number[];
}

const add = (counts: Map<number, number>, from: number, end: number): void => {
  for (let seq = from; seq < end; seq++) counts.set(seq, (counts.get(seq) ?? 0) + 1);
};

/** What would be delivered of all that is stored. */
const toldBy = async (spool: Spool) => {
  const boots = new Map<string, Told>();
  /** Boots that were told of together, as none of them was heard of. */
  const grouped = new Set<string>();
  const group = ({ nonce: of, number: last }: Boot, many: number): void => {
    for (let number = last, left = many; left > 0; number--) {
      const key = bootText({ nonce: of, number });
      if (boots.has(key) || grouped.has(key)) continue;
      grouped.add(key);
      left--;
    }
  };
  const of = (boot: Boot): Told => {
    const key = bootText(boot);
    const told = boots.get(key) ?? {
      events: new Map(),
      counted: new Map(),
      closes: 0,
      mayLack: 0,
      isEnded: false,
      order: [],
    };
    boots.set(key, told);
    return told;
  };
  for (const frame of await spool.read(lane, everything)) {
    const own = of(frame.boot);
    add(own.counted, frame.from - frame.lost, frame.from);
    const entries = openFrame(frame, bootText(frame.boot), reading);
    for (let index = 0; index < entries.length; index++) {
      const entry = entries.entry(index, { epochMs: 0, errorMs: 0, quality: "synced" });
      own.order.push(entry.seq);
      if (entry.event !== null) add(own.events, entry.seq, entry.seq + 1);
      own.isEnded = entry.event === null && entry.told.length === 0;
      for (const { notice, origin } of entry.told) {
        const { boots: many, count = 0, event, reason } = notice;
        if (many !== undefined) {
          const isCounted = event === "dropped";
          expect(count).toBe(isCounted ? many * unrecordedSeqs : 0);
          group(origin.boot, many);
          continue;
        }
        const told = of(origin.boot);
        if (origin.boot === frame.boot) {
          if (event === "dropped" && reason === "power_loss")
            add(told.counted, entry.seq, entry.next);
          expect(reason === "power_loss" ? entry.next - entry.seq : count).toBe(count);
          continue;
        }
        told.closes++;
        expect(told.isEnded).toBe(false);
        expect(told.order.filter((seq) => seq >= origin.seq)).toEqual([]);
        told.mayLack = event === "boot_closed" ? everything : origin.seq + count;
      }
    }
  }
  return { boots, grouped };
};

/** A device with flash, an agent, and what is on its way between them. */
const startJourney = async () => {
  const time = fakeTime();
  const device = flashDevice(nonce, time.monotonicMs);
  let agent = await startReceive({}, 100, undefined, time);
  let network: Uint8Array[] = [];
  let heard = 0;
  const stores: Awaited<ReturnType<typeof toldBy>>[] = [];

  const hear = (): void => {
    const acks = agent.acks.slice(heard);
    heard = agent.acks.length;
    acks.forEach(device.hear);
  };
  const arrive = (index: number): Promise<void> => {
    const payload = network[index % Math.max(1, network.length)];
    return payload === undefined ? Promise.resolve() : agent.take(payload);
  };
  const exchange = async (order: readonly number[]): Promise<void> => {
    const sent = device.windows();
    network = [...sent, ...network].slice(0, 16);
    for (const index of order) if (index < sent.length) await arrive(index);
  };
  return {
    device,
    time,
    stores,
    arrive,
    exchange,
    hear,
    faults: () => agent.fatals,
    loseAcks() {
      heard = agent.acks.length;
    },
    async restart() {
      agent = await startReceive({}, 100, new Map(agent.disk.diskAfterPowerCut()), time);
      heard = 0;
    },
    async loseStore() {
      stores.push(await toldBy(agent.spool));
      agent = await startReceive({}, 100, undefined, time);
      heard = 0;
    },
    /** No message is lost any more; at last another board takes the device's place. */
    async rest() {
      for (let round = 0; device.isHolding() && round < 200; round++) {
        await exchange([0, 1, 2, 3, 4, 5, 6, 7]);
        hear();
      }
      device.cut();
      for (let round = 0; device.isHolding() && round < 200; round++) {
        await exchange([0, 1, 2, 3, 4, 5, 6, 7]);
        hear();
      }
      await agent.take(payloadOf(headerOf(uncountedBoot(1), 0)));
      stores.push(await toldBy(agent.spool));
    },
  };
};

type Journey = Awaited<ReturnType<typeof startJourney>>;
type Step = (journey: Journey) => unknown;

const anyLog = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.boolean()).map(
  ([count, isStored]): Step =>
    ({ device }) =>
      device.log(count, isStored),
);
const anyExchange = fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 1 }).map(
  (order): Step =>
    ({ exchange }) =>
      exchange(order),
);
const anyArrival = fc.nat(15).map(
  (index): Step =>
    ({ arrive }) =>
      arrive(index),
);
const anyPause = fc.nat(100_000).map(
  (ms): Step =>
    ({ time }) =>
      time.advance(ms),
);
const always = (step: Step): fc.Arbitrary<Step> => fc.constant(step);

const anyStep = fc.oneof<fc.MaybeWeightedArbitrary<Step>[]>(
  { weight: 8, arbitrary: anyLog },
  { weight: 8, arbitrary: anyExchange },
  { weight: 4, arbitrary: anyArrival },
  { weight: 3, arbitrary: anyPause },
  { weight: 6, arbitrary: always(({ hear }) => hear()) },
  { weight: 1, arbitrary: always(({ loseAcks }) => loseAcks()) },
  { weight: 4, arbitrary: always(({ device }) => device.cut()) },
  { weight: 1, arbitrary: always(({ device }) => device.end()) },
  { weight: 1, arbitrary: always(({ restart }) => restart()) },
);

const run = async (steps: readonly Step[]): Promise<Journey> => {
  const journey = await startJourney();
  for (const step of steps) await step(journey);
  await journey.rest();
  return journey;
};

/** What holds in each store by itself. */
const faultsOf = ({ boots, grouped }: Awaited<ReturnType<typeof toldBy>>): string[] => {
  const faults: string[] = [];
  for (const [key, { closes, counted, events, order }] of boots) {
    if (key === bootText(uncountedBoot(1))) continue;
    const seqs = [...events, ...counted].sort(([left], [right]) => left - right);
    const isOnce = seqs.every(([seq, times], index) => times === 1 && seqs[index - 1]?.[0] !== seq);
    if (!isOnce) faults.push(`${key}: a seq more than once`);
    const isOrdered = order.every(
      (seq, index) => index === 0 || seq > (order[index - 1] as number),
    );
    if (!isOrdered) faults.push(`${key}: out of order`);
    if (closes > 1 || (closes > 0 && grouped.has(key)))
      faults.push(`${key}: closed ${closes} times`);
  }
  return faults;
};

describe("receive and a device with flash", () => {
  it("store each event once and in order, count what power took, and leave no boot open", async () => {
    const law = fc.asyncProperty(
      fc.array(anyStep, { minLength: 10, maxLength: 80 }),
      async (steps) => {
        const { device, faults, stores } = await run(steps);
        const [store] = stores as [Awaited<ReturnType<typeof toldBy>>];

        expect(faults()).toEqual([]);
        expect(device.isHolding()).toBe(false);
        expect(faultsOf(store)).toEqual([]);
        const { boots, grouped } = store;
        for (let number = 1; number <= device.boot().number; number++) {
          const key = bootText({ nonce, number });
          const told = boots.get(key);
          const isSettled = told !== undefined && (told.isEnded || told.closes === 1);
          expect([number, isSettled || grouped.has(key)]).toEqual([number, true]);
        }
        const isCovered = ({ boot, seq }: { boot: Boot; seq: number }): boolean => {
          const told = boots.get(bootText(boot));
          if (told === undefined || told.events.has(seq) || told.counted.has(seq)) return true;
          return seq < (grouped.has(bootText(boot)) ? unrecordedSeqs : told.mayLack);
        };
        expect(device.logged.filter((logged) => !isCovered(logged))).toEqual([]);
      },
    );

    await fc.assert(law, { numRuns: Number(process.env.RUNS ?? 60) });
  });
});
