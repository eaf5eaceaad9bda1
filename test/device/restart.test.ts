import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createJournal } from "../../device/journal/journal.ts";
import { bootText, type Level } from "../../shared/index.ts";
import { droppedOf, eventsOf, type FakeAgent } from "../support/fake-agent.ts";
import { fakeFlash as fakePages } from "../support/fake-flash.ts";
import { fakeFlash } from "../support/fake-journal.ts";
import { createRestartBench, type RestartBench } from "../support/restart-bench.ts";

const levels: Level[] = ["debug", "info", "warn", "error", "fatal"];

type Fate = "arrives" | "is lost" | "arrives twice";

/** One thing that happens to a device, or to what is on its way. */
type Step =
  | { kind: "log"; level: number; bytes: number; count: number }
  | { kind: "time"; ms: number }
  | { kind: "connect" }
  | { kind: "disconnect" }
  | { kind: "flush" }
  | { kind: "cut" }
  | { kind: "forget" }
  | { kind: "frame"; place: number; fate: Fate; busyMs: number }
  | { kind: "ack"; place: number; fate: Fate };

const anyFate = fc.constantFrom<Fate>("arrives", "is lost", "arrives twice");
const plain = <Kind extends string>(kind: Kind, weight: number) => ({
  weight,
  arbitrary: fc.record({ kind: fc.constant(kind) }),
});

const anyStep = (forgets: number): fc.Arbitrary<Step> =>
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant("log" as const),
        level: fc.nat({ max: 4 }),
        bytes: fc.oneof({ weight: 8, arbitrary: fc.nat({ max: 120 }) }, fc.nat({ max: 600 })),
        count: fc.integer({ min: 1, max: 60 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("time" as const), ms: fc.nat(9_000) }) },
    plain("connect", 1),
    plain("disconnect", 1),
    plain("flush", 1),
    plain("cut", 1),
    plain("forget", forgets),
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant("frame" as const),
        place: fc.nat({ max: 5 }),
        fate: anyFate,
        busyMs: fc.oneof({ weight: 19, arbitrary: fc.constant(0) }, fc.nat({ max: 9_000 })),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant("ack" as const),
        place: fc.nat({ max: 5 }),
        fate: anyFate,
      }),
    },
  );

/** What became of a boot's log calls before the power failed. */
interface Boot {
  name: string;
  /** Ordinals that were logged. */
  from: number;
  to: number;
  /** Events that got a seq, the boot's own among them. */
  admitted: number;
  /** Seqs that flash had no room to reserve: power may take them unreported. */
  unreserved: number;
}

const refusals = ["ring_full", "too_large", "busy", "rate_limited"] as const;

/** Runs the steps over a network that loses, doubles and reorders, then a calm one. */
const run = (bench: RestartBench, steps: Step[]): Boot[] => {
  const up: Uint8Array[] = [];
  const down: Uint8Array[] = [];
  const boots: Boot[] = [];
  let ordinal = 0;
  let from = 0;

  const endBoot = (): void => {
    const { logged, dropped, unreserved = 0 } = bench.log.stats();
    const refused = refusals.reduce((sum, reason) => sum + (dropped[reason] ?? 0), 0);
    const name = bootText(bench.journal.boot);
    boots.push({ name, from, to: ordinal, admitted: logged - refused, unreserved });
    from = ordinal;
    bench.restart();
  };
  const pass = (queue: Uint8Array[], place: number, fate: Fate): Uint8Array[] => {
    const message = queue.splice(Math.min(place, queue.length - 1), 1)[0];
    if (message === undefined || fate === "is lost") return [];
    return fate === "arrives" ? [message] : [message, message];
  };
  const take = (step: Step): void => {
    if (step.kind === "log") {
      for (let count = 0; count < step.count; count++) {
        bench.log[levels[step.level] as Level]("%d %s", ordinal++, "x".repeat(step.bytes));
      }
    } else if (step.kind === "time") bench.clock.advance(step.ms);
    else if (step.kind === "connect") bench.link.connect();
    else if (step.kind === "disconnect") bench.link.disconnect();
    else if (step.kind === "flush") bench.log.flush();
    else if (step.kind === "cut") endBoot();
    else if (step.kind === "forget") bench.agents.forget();
    else if (step.kind === "frame") {
      for (const frame of pass(up, step.place, step.fate)) {
        down.push(bench.agents.receive(frame, step.busyMs));
      }
    } else if (step.kind === "ack") {
      for (const ack of pass(down, step.place, step.fate)) bench.answer(ack);
    }
  };
  for (const step of steps) {
    take(step);
    up.push(...bench.frames());
  }
  endBoot();
  bench.link.connect();
  for (let round = 0; round < 6; round++) {
    bench.log.flush();
    bench.exchange();
    bench.clock.advance(400_000);
  }
  return boots;
};

const ordinalsOf = (agent: FakeAgent): number[] =>
  eventsOf(agent)
    .filter(({ site }) => site.format === "%d %s")
    .map(({ values }) => values[0] as number);

const sum = (counts: { [reason: string]: number | undefined }): number =>
  Object.values(counts).reduce((total: number, count) => total + (count ?? 0), 0);

/** Each of its events was delivered once, counted, or is within what power is said to have taken. */
const expectWhole = (bench: RestartBench, boot: Boot): void => {
  const { name, from, to, admitted, unreserved } = boot;
  const agent = bench.agents.books.get(name) as FakeAgent;
  const ordinals = ordinalsOf(agent);
  expect(ordinals).toEqual([...ordinals].sort((left, right) => left - right));
  expect(new Set(ordinals).size).toBe(ordinals.length);
  expect(ordinals.every((ordinal) => ordinal >= from && ordinal < to)).toBe(true);
  expect(agent.stateLost).toBe(0);
  const seqs = [...agent.entries.keys(), ...agent.buried];
  expect(seqs.sort((left, right) => left - right)).toEqual(seqs.map((_, index) => index));
  expect(seqs.length).toBe(agent.cursor());
  expect([...agent.entries.values()].at(-1)?.kind).toBe("end");
  const dropped = droppedOf(agent);
  const known = eventsOf(agent).length + (dropped.outbox_full ?? 0);
  expect(known).toBeLessThanOrEqual(admitted);
  expect(known + (dropped.power_loss ?? 0)).toBeGreaterThanOrEqual(admitted - unreserved);
};

/** A boot without a record in flash is the agent's to settle: it has used no more seqs than this. */
const implicitSeqs = 64;

const isSettled = (bench: RestartBench, { name }: Boot): boolean =>
  [...(bench.agents.books.get(name)?.entries.values() ?? [])].at(-1)?.kind === "end";

describe("restart", () => {
  it("leaves of every boot each event delivered once, counted, or in the interval of the power's loss", () => {
    fc.assert(
      fc.property(
        fc.array(anyStep(0), { minLength: 20, maxLength: 120, size: "max" }),
        fc.constantFrom(800, 4_000, 100_000),
        (steps, limitBytes) => {
          const bench = createRestartBench({ outboxBytes: 1_024 }, fakeFlash({ limitBytes }));

          const boots = run(bench, steps);

          for (const boot of boots) expectWhole(bench, boot);
          expect(bench.journal.earlier()).toBeNull();
          expect(bench.log.stats()).toMatchObject({ pending: 0, bytes: 0 });
        },
      ),
      { numRuns: 150 },
    );
  });

  it("goes on whatever stores the agent loses meanwhile, and brings definitions again from flash", () => {
    fc.assert(
      fc.property(fc.array(anyStep(2), { minLength: 20, maxLength: 120, size: "max" }), (steps) => {
        const bench = createRestartBench({ outboxBytes: 1_024 });

        const boots = run(bench, steps);

        for (const { name, from, to, admitted } of boots) {
          const agent = bench.agents.books.get(name) as FakeAgent;
          const ordinals = ordinalsOf(agent);
          expect(ordinals).toEqual([...ordinals].sort((left, right) => left - right));
          expect(ordinals.every((ordinal) => ordinal >= from && ordinal < to)).toBe(true);
          const told = eventsOf(agent).length + sum(droppedOf(agent)) + agent.stateLost;
          expect(told).toBeGreaterThanOrEqual(admitted);
        }
        expect(bench.journal.earlier()).toBeNull();
      }),
      { numRuns: 100 },
    );
  });

  it("does the same with a journal in pages of flash", () => {
    fc.assert(
      fc.property(
        fc.array(anyStep(0), { minLength: 20, maxLength: 120, size: "max" }),
        fc.constantFrom(4, 8, 40),
        (steps, pages) => {
          const flash = fakePages({ pages });
          const bench = createRestartBench({ outboxBytes: 1_024 }, fakeFlash(), (clock) =>
            createJournal({ flash, platform: clock, dayBytes: 1e9 }),
          );

          const boots = run(bench, steps);

          for (const boot of boots) {
            if (isSettled(bench, boot)) expectWhole(bench, boot);
            else expect(boot.admitted - boot.unreserved).toBeLessThanOrEqual(implicitSeqs);
          }
          expect(bench.log.stats()).toMatchObject({ pending: 0, bytes: 0 });
        },
      ),
      { numRuns: 60 },
    );
  });
});
