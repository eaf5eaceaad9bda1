import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Level } from "../../shared/index.ts";
import { createDeviceBench, type DeviceBench } from "../support/device-bench.ts";
import { droppedOf, eventsOf } from "../support/fake-agent.ts";

const levels: Level[] = ["debug", "info", "warn", "error", "fatal"];

/** One thing that happens to a device, or to what is on its way. */
type Step =
  | { kind: "log"; level: number; bytes: number; count: number }
  | { kind: "time"; ms: number }
  | { kind: "connect" }
  | { kind: "disconnect" }
  | { kind: "flush" }
  | { kind: "frame"; place: number; fate: "arrives" | "is lost" | "arrives twice"; busyMs: number }
  | { kind: "ack"; place: number; fate: "arrives" | "is lost" | "arrives twice" };

const anyFate = fc.constantFrom("arrives" as const, "is lost" as const, "arrives twice" as const);

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("log" as const),
      // Only fatal events push out what is held: half of them, so that frames give way often.
      level: fc.oneof(fc.nat({ max: 4 }), fc.constant(4)),
      bytes: fc.oneof({ weight: 8, arbitrary: fc.nat({ max: 120 }) }, fc.nat({ max: 1_500 })),
      count: fc.integer({ min: 1, max: 30 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("time" as const), ms: fc.nat(9_000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("connect" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("disconnect" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("flush" as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("frame" as const),
      place: fc.nat({ max: 5 }),
      fate: anyFate,
      busyMs: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.nat({ max: 20_000 })),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("ack" as const),
      place: fc.nat({ max: 5 }),
      fate: anyFate,
    }),
  },
);

/** A network between device and agent that loses, doubles and reorders in both directions. */
const createNetwork = (bench: DeviceBench) => {
  let seen = 0;
  const frames: Uint8Array[] = [];
  const acks: Uint8Array[] = [];

  const collect = (): void => {
    const waiting = bench.frames();
    frames.push(...waiting.slice(seen));
    seen = waiting.length;
  };
  const take = (from: Uint8Array[], place: number): Uint8Array | undefined =>
    from.splice(Math.min(place, from.length - 1), 1)[0];
  return {
    collect,
    passFrame(step: Extract<Step, { kind: "frame" }>): void {
      const frame = take(frames, step.place);
      if (frame === undefined || step.fate === "is lost") return;
      acks.push(bench.agent.receive(frame, step.busyMs));
      if (step.fate === "arrives twice") acks.push(bench.agent.receive(frame));
    },
    passAck(step: Extract<Step, { kind: "ack" }>): void {
      const ack = take(acks, step.place);
      if (ack === undefined || step.fate === "is lost") return;
      bench.answer(ack);
      if (step.fate === "arrives twice") bench.answer(ack);
    },
    passAll(): void {
      for (collect(); frames.length > 0; collect()) {
        acks.push(bench.agent.receive(frames.shift() as Uint8Array));
        while (acks.length > 0) bench.answer(acks.shift() as Uint8Array);
      }
    },
  };
};

const take = (bench: DeviceBench, network: ReturnType<typeof createNetwork>, step: Step): void => {
  if (step.kind === "time") bench.clock.advance(step.ms);
  else if (step.kind === "connect") bench.link.connect();
  else if (step.kind === "disconnect") bench.link.disconnect();
  else if (step.kind === "flush") bench.log.flush();
  else if (step.kind === "frame") network.passFrame(step);
  else if (step.kind === "ack") network.passAck(step);
};

/** Runs the steps, then a calm network; answers the ordinals that were logged. */
const run = (bench: DeviceBench, steps: Step[], check: () => void): number => {
  const network = createNetwork(bench);
  let ordinal = 0;
  for (const step of steps) {
    if (step.kind === "log") {
      for (let count = 0; count < step.count; count++) {
        bench.log[levels[step.level] as Level]("%d %s", ordinal++, "x".repeat(step.bytes));
      }
    } else take(bench, network, step);
    network.collect();
    check();
  }
  bench.link.connect();
  for (let round = 0; round < 4; round++) {
    bench.log.flush();
    network.passAll();
    bench.clock.advance(400_000);
  }
  return ordinal;
};

const sum = (counts: { [reason: string]: number | undefined }): number =>
  Object.values(counts).reduce((total: number, count) => total + (count ?? 0), 0);

describe("delivery", () => {
  it("brings every event exactly once and in order, or counts it, whatever the network does", () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 120 }), (steps) => {
        const bench = createDeviceBench({ outboxBytes: 1_024 });

        const logged = run(bench, steps, () => {});

        const ordinals = eventsOf(bench.agent).map((event) => event.values[0] as number);
        expect(ordinals).toEqual([...ordinals].sort((left, right) => left - right));
        expect(new Set(ordinals).size).toBe(ordinals.length);
        expect(ordinals.length + sum(droppedOf(bench.agent))).toBe(logged);
        expect(bench.agent.stateLost).toBe(0);
        const seqs = [...bench.agent.entries.keys(), ...bench.agent.buried];
        expect(seqs.sort((left, right) => left - right)).toEqual(seqs.map((_, index) => index));
        expect(seqs.length).toBe(bench.agent.cursor());
      }),
      { numRuns: 400 },
    );
  });

  it("never holds more bytes than it may", () => {
    fc.assert(
      fc.property(
        fc.array(anyStep, { maxLength: 120 }),
        fc.constantFrom(512, 2_048, 8_192),
        (steps, outboxBytes) => {
          const bench = createDeviceBench({ outboxBytes });

          run(bench, steps, () => {
            expect(bench.log.stats().bytes).toBeLessThanOrEqual(outboxBytes);
          });

          expect(bench.log.stats()).toMatchObject({ bytes: 0, pending: 0 });
        },
      ),
      { numRuns: 200 },
    );
  });

  it("never has more frames on their way than the window", () => {
    const bench = createDeviceBench();
    bench.link.connect();

    for (let count = 0; count < 20_000; count++) bench.log.info("event %d", count);

    expect(bench.frames()).toHaveLength(4);
  });

  it("stamps never run backwards with seq", () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 80 }), (steps) => {
        const bench = createDeviceBench({ outboxBytes: 2_048 });

        run(bench, steps, () => {});

        const stamps = [...bench.agent.entries.entries()]
          .sort(([left], [right]) => left - right)
          .map(([, entry]) => entry.uptimeMs);
        expect(stamps).toEqual([...stamps].sort((left, right) => left - right));
      }),
      { numRuns: 100 },
    );
  });

  it("goes on where it was after the agent has lost its store", () => {
    const bench = createDeviceBench();
    bench.link.connect();
    for (let count = 0; count < 3; count++) bench.log.error("before %d", count);
    bench.clock.advance(2_000);
    bench.exchange();
    const cursor = bench.agent.cursor();

    bench.agent.forget();
    bench.clock.advance(2_000);
    bench.log.error("after");
    bench.exchange();

    expect(bench.agent.stateLost).toBe(cursor);
    expect(bench.log.stats().pending).toBe(0);
    expect(eventsOf(bench.agent).at(-1)?.site.format).toBe("after");
  });

  it("keeps flowing through an hour of outage without growing", () => {
    const bench = createDeviceBench({ outboxBytes: 4_096 });

    for (let minute = 0; minute < 60; minute++) {
      for (let count = 0; count < 200; count++) bench.log.info("minute %d, %d", minute, count);
      bench.clock.advance(60_000);
      expect(bench.log.stats().bytes).toBeLessThanOrEqual(4_096);
    }
    bench.link.connect();
    bench.exchange();
    bench.log.flush();
    bench.exchange();

    expect(eventsOf(bench.agent).length + sum(droppedOf(bench.agent))).toBe(12_000);
  });
});
