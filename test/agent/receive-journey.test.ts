import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBoot } from "../../agent/spool/boot-record.ts";
import type { Ack } from "../../shared/downlink.ts";
import { bootOf } from "../support/any-receipt.ts";
import { definingDevice } from "../support/defining-device.ts";
import type { FakeDisk } from "../support/fake-store.ts";
import { startReceive } from "../support/started-receive.ts";

const boot = bootOf(1);
const lane = "g:pump";
const everything = Number.MAX_SAFE_INTEGER;

type Rig = Awaited<ReturnType<typeof startReceive>>;

/** A device and an agent, and what is on its way between them. */
const startJourney = async () => {
  const device = definingDevice();
  let agent = await startReceive();
  let network: Uint8Array[] = [];
  let copy: FakeDisk = agent.disk.diskAfterPowerCut();
  let heard = 0;
  const faults: string[] = [];

  const checkAck = ({ definitions, next }: Ack): void => {
    const record = agent.disk.diskAfterPowerCut().get("b/pump/1-b0070001");
    const synced = record === undefined ? { cursor: 0, definitions: 0 } : decodeBoot(record);
    if (definitions > synced.definitions) faults.push(`acked ${definitions} definitions`);
    if (next > synced.cursor) faults.push(`acked ${next} seqs`);
  };
  const newAcks = (): Ack[] => {
    const acks = agent.acks.slice(heard);
    heard = agent.acks.length;
    acks.forEach(checkAck);
    return acks;
  };
  const start = async (disk: FakeDisk): Promise<Rig> => {
    heard = 0;
    return startReceive({}, 100, new Map(disk));
  };
  const arrive = (index: number): Promise<void> => {
    const payload = network[index % Math.max(1, network.length)];
    return payload === undefined ? Promise.resolve() : agent.take(payload);
  };
  return {
    device,
    faults,
    arrive,
    /** The window is sent, and these of its frames arrive at once, in this order. */
    async exchange(order: readonly number[]) {
      const sent = device.window();
      network = [...sent, ...network].slice(0, 12);
      for (const index of order) if (index < sent.length) await arrive(index);
    },
    hear: () => newAcks().forEach(device.hear),
    loseAcks: newAcks,
    async restart() {
      agent = await start(agent.disk.diskAfterPowerCut());
    },
    backUp() {
      copy = agent.disk.diskAfterPowerCut();
    },
    async restore() {
      agent = await start(copy);
    },
    async loseStore() {
      agent = await start(new Map());
    },
    /** Delivers the first `limit` frames that wait, each of which must be readable. */
    async deliver(limit: number) {
      const { spool } = agent;
      const delivered = (await spool.read(lane, everything)).slice(0, limit);
      for (const { from, bytes } of delivered) {
        const fault = device.faultOf(from, bytes, spool.lookup("pump", boot));
        if (fault !== null) faults.push(fault);
      }
      const next = delivered.at(-1)?.end ?? 0;
      const progress = [{ device: "pump", boot, next, stampMs: 1 }];
      await spool.settle({ lane, progress, delivered, deadLetters: [] });
    },
    /** No message is lost any more. */
    async rest() {
      for (let round = 0; device.held() > 0 && round < 100; round++) {
        network = device.window();
        for (const index of network.keys()) await arrive(index);
        newAcks().forEach(device.hear);
      }
    },
  };
};

type Journey = Awaited<ReturnType<typeof startJourney>>;
type Step = (journey: Journey) => unknown;

const places = [0, 1, 2];
const anyLog = fc
  .tuple(fc.subarray(places, { minLength: 1 }), fc.subarray(places, { maxLength: 1 }))
  .map(
    ([used, renewed]) =>
      ({ device }: Journey) =>
        device.log(used, renewed),
  );
const anyExchange = fc
  .shuffledSubarray([0, 1, 2, 3], { minLength: 1 })
  .map((order) => (journey: Journey) => journey.exchange(order));
const anyArrival = fc.nat(11).map((index) => (journey: Journey) => journey.arrive(index));
const anyDelivery = fc.nat(4).map((limit) => (journey: Journey) => journey.deliver(limit));

const anyStep = fc.oneof<fc.MaybeWeightedArbitrary<Step>[]>(
  { weight: 8, arbitrary: anyLog.map((step): Step => step) },
  { weight: 6, arbitrary: anyExchange.map((step): Step => step) },
  { weight: 3, arbitrary: anyArrival.map((step): Step => step) },
  { weight: 6, arbitrary: fc.constant<Step>(({ hear }) => hear()) },
  { weight: 3, arbitrary: anyDelivery.map((step): Step => step) },
  { weight: 1, arbitrary: fc.constant<Step>(({ loseAcks }) => loseAcks()) },
  { weight: 1, arbitrary: fc.constant<Step>(({ device }) => device.giveWay()) },
  { weight: 1, arbitrary: fc.constant<Step>(({ restart }) => restart()) },
  { weight: 1, arbitrary: fc.constant<Step>(({ backUp }) => backUp()) },
  { weight: 1, arbitrary: fc.constant<Step>(({ restore }) => restore()) },
  { weight: 1, arbitrary: fc.constant<Step>(({ loseStore }) => loseStore()) },
);

describe("receive, device and network", () => {
  it("store no frame that cannot be read at delivery, tell of no definition before it is synced, and come to rest", async () => {
    const law = fc.asyncProperty(
      fc.array(anyStep, { minLength: 10, maxLength: 80 }),
      async (steps) => {
        const journey = await startJourney();

        for (const step of steps) await step(journey);
        await journey.rest();
        await journey.deliver(everything);

        expect(journey.faults).toEqual([]);
        expect(journey.device.held()).toBe(0);
      },
    );

    await fc.assert(law, { numRuns: Number(process.env.RUNS ?? 60) });
  });
});
