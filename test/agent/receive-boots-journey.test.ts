import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { headerOf, payloadOf, uncountedBoot } from "../support/any-receipt.ts";
import { fakeTime } from "../support/fake-time.ts";
import { flashDevice, type Logged } from "../support/flash-device.ts";
import { startReceive } from "../support/started-receive.ts";
import { faultsOf, isToldBy, openBoots, type ToldByStore, toldBy } from "../support/told-boots.ts";

const nonce = 0xf1a5_0000;

/** A device with flash, an agent, and what is on its way between them. */
const startJourney = async () => {
  const time = fakeTime();
  const device = flashDevice(nonce, time.monotonicMs);
  let agent = await startReceive({}, 100, undefined, time);
  let network: Uint8Array[] = [];
  let heard = 0;
  const stores: ToldByStore[] = [];
  const agents = [agent];

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
    fatals: () => agents.flatMap(({ fatals }) => fatals),
    troubles: () => agents.flatMap(({ troubles }) => troubles),
    /** Events that are stamped with a bound they do not keep. */
    misdated() {
      const startMs = time.epochMs() - time.monotonicMs();
      return device.logged.filter(({ boot, trueMs, uptimeMs }) => {
        const stamp = agent.devices.readClock("pump", boot)?.(uptimeMs);
        const errorMs = stamp?.errorMs ?? Number.POSITIVE_INFINITY;
        return Math.abs((stamp?.epochMs ?? 0) - startMs - trueMs) > errorMs;
      });
    },
    loseAcks() {
      heard = agent.acks.length;
    },
    async restart() {
      agent = await startReceive({}, 100, new Map(agent.disk.diskAfterPowerCut()), time);
      agents.push(agent);
      heard = 0;
    },
    async loseStore() {
      stores.push(await toldBy(agent.spool));
      agent = await startReceive({}, 100, undefined, time);
      agents.push(agent);
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

const steps: fc.MaybeWeightedArbitrary<Step>[] = [
  { weight: 8, arbitrary: anyLog },
  { weight: 8, arbitrary: anyExchange },
  { weight: 4, arbitrary: anyArrival },
  { weight: 3, arbitrary: anyPause },
  { weight: 6, arbitrary: always(({ hear }) => hear()) },
  { weight: 1, arbitrary: always(({ loseAcks }) => loseAcks()) },
  { weight: 4, arbitrary: always(({ device }) => device.cut()) },
  { weight: 1, arbitrary: always(({ device }) => device.end()) },
  { weight: 1, arbitrary: always(({ restart }) => restart()) },
];
const loss: fc.MaybeWeightedArbitrary<Step> = {
  weight: 1,
  arbitrary: always(({ loseStore }) => loseStore()),
};
const anyJourney = (...of: fc.MaybeWeightedArbitrary<Step>[]): fc.Arbitrary<Step[]> =>
  fc.array(fc.oneof(...of), { minLength: 10, maxLength: 80 });

const numRuns = Number(process.env.RUNS ?? 60);

const run = async (steps: readonly Step[]): Promise<Journey> => {
  const journey = await startJourney();
  for (const step of steps) await step(journey);
  await journey.rest();
  return journey;
};

/** What no store has, and none of them tells of: nothing. */
const untoldOf = (stores: readonly ToldByStore[], logged: readonly Logged[]): Logged[] =>
  logged.filter((event) => !stores.some((store) => isToldBy(store, event)));

describe("receive and a device with flash", () => {
  it("store each event once and in order, count what power took, and leave no boot open", async () => {
    const law = fc.asyncProperty(anyJourney(...steps), async (journey) => {
      const { device, fatals, stores, misdated, troubles } = await run(journey);

      expect([...fatals(), ...troubles()]).toEqual([]);
      expect(stores.flatMap(({ early }) => [...early])).toEqual([]);
      expect(device.isHolding()).toBe(false);
      expect(stores.flatMap(faultsOf)).toEqual([]);
      expect(stores.flatMap((store) => openBoots(store, device.boot()))).toEqual([]);
      expect(untoldOf(stores, device.logged)).toEqual([]);
      expect(misdated()).toEqual([]);
    });

    await fc.assert(law, { numRuns });
  });

  it("do so in each store, and tell of all in one of them, where stores are lost", async () => {
    const law = fc.asyncProperty(anyJourney(...steps, loss), async (journey) => {
      const { device, stores, misdated, troubles } = await run(journey);

      expect(troubles()).toEqual([]);
      expect(device.isHolding()).toBe(false);
      expect(stores.flatMap(faultsOf)).toEqual([]);
      expect(stores.slice(-1).flatMap((store) => openBoots(store, device.boot()))).toEqual([]);
      expect(untoldOf(stores, device.logged)).toEqual([]);
      expect(misdated()).toEqual([]);
    });

    await fc.assert(law, { numRuns });
  });
});
