import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tokenOf } from "../../../shared/token.ts";
import { loggingDevice, startWholeAgent } from "../../support/delivered-device.ts";

const hash = "3f00000000000001";
const dayMs = 86_400_000;

describe("delivery and dictionaries", () => {
  it("puts formats in the place of tokens, and leaves other formats alone", async () => {
    const agent = await startWholeAgent();
    const pump = loggingDevice("pump", hash);
    agent.bring(hash, "started", "temp %d");

    await agent.take(pump, pump.log(tokenOf(1), 21));
    await agent.take(pump, pump.log("made up %d", 1));
    await agent.take(pump, pump.log(tokenOf(1), 22));
    await agent.pass();

    expect(agent.messages()).toEqual(["temp 21", "made up 1", "temp 22"]);
    expect(agent.metrics.formatsUnknown).toBe(0);
  });

  it("shows a token that its dictionary does not have, with the values, and counts it", async () => {
    const agent = await startWholeAgent();
    const pump = loggingDevice("pump", hash);
    agent.bring(hash, "started");

    await agent.take(pump, pump.log(tokenOf(17), 21));
    await agent.pass();

    expect(agent.messages()).toEqual([`[unknown format 17 of dictionary ${hash}] 21`]);
    expect(agent.metrics).toMatchObject({ formatsUnknown: 1, eventsDelivered: 1 });
  });

  it("lets frames wait for a dictionary, acked, and says so once", async () => {
    const agent = await startWholeAgent();
    const pump = loggingDevice("pump", hash);

    for (const value of [1, 2, 3]) {
      await agent.take(pump, pump.log(tokenOf(0), value));
      await agent.pass();
    }

    expect(agent.messages()).toEqual([]);
    expect(agent.metrics).toMatchObject({ framesStored: 3, acksSent: 3, deadLetters: 0 });
    expect(agent.spool.lanes()).toEqual([`g:pump*${hash}`]);
    expect(agent.troubles).toHaveLength(1);
    expect(agent.troubles[0]).toMatch(
      `Cannot read formats of device "pump": dictionary ${hash} is not in "/dictionaries"; its frames wait until 2026-01-02T`,
    );
  });

  it("delivers them in order once it is there, and what comes then after them", async () => {
    const agent = await startWholeAgent();
    const pump = loggingDevice("pump", hash);
    for (const value of [1, 2]) await agent.take(pump, pump.log(tokenOf(0), value));
    await agent.pass();

    agent.bring(hash, "temp %d");
    for (const value of [3, 4]) await agent.take(pump, pump.log(tokenOf(0), value));
    await agent.pass();

    expect(agent.messages()).toEqual(["temp 1", "temp 2", "temp 3", "temp 4"]);
    expect(agent.spool.usage()).toMatchObject({ frames: 0, asideBytes: 0 });
  });

  it("holds up no other device of the same stream", async () => {
    const agent = await startWholeAgent({ stream: "all" });
    const pump = loggingDevice("pump", hash);
    const door = loggingDevice("door");

    await agent.take(pump, pump.log(tokenOf(0), 1));
    await agent.take(door, door.log("opened"));
    await agent.take(pump, pump.log(tokenOf(0), 2));
    await agent.take(door, door.log("closed"));
    await agent.pass();
    const early = agent.messages();
    agent.bring(hash, "temp %d");
    await agent.pass();

    expect(early).toEqual(["opened", "closed"]);
    expect(agent.messages().slice(2)).toEqual(["temp 1", "temp 2"]);
    const streams = agent.cloudwatch.calls.map(({ params }) => params.logStreamName);
    expect(new Set(streams)).toEqual(new Set(["all"]));
  });

  it("lets them wait again after a crash, and waits no longer for that", async () => {
    const before = await startWholeAgent();
    const pump = loggingDevice("pump", hash);
    await before.take(pump, pump.log(tokenOf(0), 1));
    await before.pass();
    await before.take(pump, pump.log(tokenOf(0), 2));
    await before.spool.synced();

    const agent = await startWholeAgent({
      disk: before.disk.diskAfterPowerCut(),
      time: before.time,
    });
    await agent.pass();
    const early = agent.messages();
    agent.bring(hash, "temp %d");
    await agent.pass();

    expect(early).toEqual([]);
    expect(agent.messages()).toEqual(["temp 1", "temp 2"]);
  });

  it("holds a call back that was begun before a crash, until the dictionary is there again", async () => {
    const before = await startWholeAgent({ callMs: 1_000 });
    const pump = loggingDevice("pump", hash);
    await before.take(pump, pump.log(tokenOf(0), 1));
    await before.pass();
    before.bring(hash, "temp %d");
    await before.pass();
    const intended = await before.spool.intended();

    const agent = await startWholeAgent({ disk: before.disk.diskAfterPowerCut() });
    await agent.pass(120_000);
    const early = agent.messages();
    agent.bring(hash, "temp %d");
    await agent.pass(120_000);

    expect(intended).toEqual([`g:pump*${hash}`]);
    expect(early).toEqual([]);
    expect(agent.messages()).toEqual(["temp 1"]);
    expect(agent.spool.usage().frames).toBe(0);
  });

  it("lets frames wait whose dictionary is gone when they are to be delivered", async () => {
    const agent = await startWholeAgent();
    const pump = loggingDevice("pump", hash);
    agent.bring(hash, "temp %d");
    await agent.take(pump, pump.log(tokenOf(0), 1));
    await agent.pass();

    agent.takeAway(hash);
    await agent.take(pump, pump.log(tokenOf(0), 2));
    await agent.pass();
    const early = agent.messages();
    agent.bring(hash, "temp %d");
    await agent.pass();

    expect(early).toEqual(["temp 1"]);
    expect(agent.messages()).toEqual(["temp 1", "temp 2"]);
  });
});

type Agent = Awaited<ReturnType<typeof startWholeAgent>>;

/** Two devices with a dictionary each and one without, which share a stream. */
const startFleet = async () => {
  const options = {
    stream: "all",
    callMs: 70,
    settings: { delivery: { unknownOutcomeWaitMs: 0 } },
  };
  const hashes = [hash, "3f00000000000002", undefined];
  const devices = hashes.map((named, index) => loggingDevice(`device-${index}`, named));
  const logged = devices.map((): string[] => []);
  let agent = await startWholeAgent(options);
  const before: string[] = [];
  const there = new Set<number>();
  const bring = (index: number): void => {
    const named = hashes[index];
    if (named === undefined) return;
    there.add(index);
    agent.bring(named, "event %d of %d");
  };
  return {
    logged,
    agent: (): Agent => agent,
    async log(index: number) {
      const device = devices[index] as (typeof devices)[0];
      const sent = logged[index] as string[];
      const format = hashes[index] === undefined ? "event %d of %d" : tokenOf(0);
      await agent.take(device, device.log(format, sent.length, index));
      sent.push(`event ${sent.length} of ${index}`);
    },
    bring,
    async takeAway(index: number) {
      await agent.pass(1_000);
      there.delete(index);
      agent.takeAway(hashes[index] ?? "");
    },
    pass: (ms: number) => agent.pass(ms),
    async crash() {
      before.push(...agent.messages());
      const stopped = agent.delivery.stop();
      await agent.pass(1_000);
      await stopped;
      agent = await startWholeAgent({
        ...options,
        disk: agent.disk.diskAfterPowerCut(),
        time: agent.time,
      });
      there.forEach(bring);
    },
    /** What CloudWatch has of a device, repeats left out. */
    delivered(index: number): string[] {
      const all = [...before, ...agent.messages()];
      return [...new Set(all.filter((message) => message.endsWith(`of ${index}`)))];
    },
  };
};

type Fleet = Awaited<ReturnType<typeof startFleet>>;
type Step = (fleet: Fleet) => unknown;

const anyIndex = fc.nat(2);
const anyStep = fc.oneof<fc.MaybeWeightedArbitrary<Step>[]>(
  {
    weight: 8,
    arbitrary: anyIndex.map(
      (index): Step =>
        ({ log }) =>
          log(index),
    ),
  },
  {
    weight: 5,
    arbitrary: fc.constantFrom(10, 60, 400).map(
      (ms): Step =>
        ({ pass }) =>
          pass(ms),
    ),
  },
  {
    weight: 2,
    arbitrary: anyIndex.map(
      (index): Step =>
        ({ bring }) =>
          bring(index),
    ),
  },
  {
    weight: 1,
    arbitrary: anyIndex.map(
      (index): Step =>
        ({ takeAway }) =>
          takeAway(index),
    ),
  },
  { weight: 1, arbitrary: fc.constant<Step>(({ crash }) => crash()) },
);

describe("delivery, while dictionaries come and go", () => {
  it("leaves nothing out, keeps each device's order, and comes to rest", async () => {
    const law = fc.asyncProperty(
      fc.array(anyStep, { minLength: 5, maxLength: 40 }),
      async (steps) => {
        const fleet = await startFleet();

        for (const step of steps) await step(fleet);
        for (const index of [0, 1]) fleet.bring(index);
        for (let round = 0; fleet.agent().spool.usage().frames > 0 && round < 50; round++) {
          await fleet.pass(1_000);
        }

        expect(fleet.logged.map((_, index) => fleet.delivered(index))).toEqual(fleet.logged);
        expect(fleet.agent().spool.usage()).toMatchObject({ frames: 0, asideBytes: 0 });
        expect(await fleet.agent().spool.deadLetters()).toEqual([]);
      },
    );

    await fc.assert(law, { numRuns: Number(process.env.RUNS ?? 40) });
  });
});

describe("delivery and dictionaries that never come", () => {
  it("makes dead letters at the deadline, frame by frame, with what can be known", async () => {
    const agent = await startWholeAgent();
    const pump = loggingDevice("pump", hash);
    await agent.take(pump, pump.log(tokenOf(3), 1));
    await agent.pass(dayMs / 2);
    await agent.take(pump, pump.log(tokenOf(3), 2));
    await agent.pass(dayMs / 2 + 1_000);
    const first = await agent.spool.deadLetters();
    await agent.pass(dayMs);

    const letters = await agent.spool.deadLetters();
    expect(first).toMatchObject([
      {
        device: "pump",
        reason: `dictionary ${hash} was not in "/dictionaries" in time, put it there for what is to come`,
        target: { group: "g", stream: "pump" },
      },
    ]);
    expect(letters.map(({ content }) => JSON.stringify(content))).toEqual([
      expect.stringContaining("[unknown format 3 of dictionary 3f00000000000001] 1"),
      expect.stringContaining("[unknown format 3 of dictionary 3f00000000000001] 2"),
    ]);
    expect(agent.messages()).toEqual([]);
    expect(agent.spool.usage().frames).toBe(0);
    expect(agent.metrics.deadLetters).toBe(2);
  });

  it("lets the oldest give way where too much waits, whatever stream it is of", async () => {
    const agent = await startWholeAgent({ settings: { delivery: { dictionaryWaitBytes: 500 } } });
    const ids = ["pump", "door", "lamp", "gate"];
    const devices = ids.map((id) => loggingDevice(id, hash));

    for (const device of devices) {
      await agent.take(device, device.log(tokenOf(0), 1));
      await agent.pass();
    }
    await agent.pass();

    const given = (await agent.spool.deadLetters()).map(({ device }) => device);
    expect(given.length).toBeGreaterThan(0);
    expect(given).toEqual(ids.slice(0, given.length));
    expect(agent.spool.usage().asideBytes).toBeLessThanOrEqual(500);
    expect(agent.spool.usage().asideBytes).toBeGreaterThan(0);
  });

  it("delivers what comes after, once the dictionary is there", async () => {
    const agent = await startWholeAgent({ settings: { delivery: { dictionaryWaitMs: 1_000 } } });
    const pump = loggingDevice("pump", hash);
    await agent.take(pump, pump.log(tokenOf(0), 1));
    await agent.pass(5_000);

    agent.bring(hash, "temp %d");
    await agent.take(pump, pump.log(tokenOf(0), 2));
    await agent.pass();

    expect(agent.messages()).toEqual(["temp 2"]);
    expect(await agent.spool.deadLetters()).toHaveLength(1);
  });
});
