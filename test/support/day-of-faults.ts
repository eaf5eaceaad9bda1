import { throttled, unavailable } from "../../agent/local/faults.ts";
import { sleep } from "../../agent/time.ts";
import { createDeliverySystem, eventAt, fieldsOf } from "./delivery-system.ts";

export interface DayOfFaultsOptions {
  /** Where everything is kept. */
  directory: string;
  events: number;
  devices: number;
  /** Times that the agent is stopped as by a crash. */
  crashes: number;
  seed: number;
}

/** What came of it. */
export interface DayOfFaults {
  missing: number;
  /** Events that are there once more than they should be. */
  doubled: number;
  /** What the agent says may be doubled. */
  possiblyDuplicated: number;
  /** Neighbours by seq within a boot whose stamps run backwards. */
  backwards: number;
  /** Faults that struck, by name. */
  injected: Readonly<Record<string, number>>;
}

const frameEvents = 20;

/** Shorter than the agent waits for a batch to appear. */
const visibilityDelayMs = 4_000;

/**
 * 20 % of calls throttled, 5 % unavailable, 2 % cut after they were applied, readers that see late,
 * and an agent that crashes again and again.
 */
export const runDayOfFaults = async (options: DayOfFaultsOptions): Promise<DayOfFaults> => {
  const system = await createDeliverySystem(options.directory, {
    haste: 20,
    settings: { delivery: { flushAfterMs: 2_000, unknownOutcomeWaitMs: 20_000 } },
    endpoint: { visibilityDelayMs },
  });
  const { faults } = system.endpoint;
  faults.strike(options.seed, [
    { fault: throttled, probability: 0.2, action: "PutLogEvents" },
    { fault: unavailable, probability: 0.05, action: "PutLogEvents" },
    { fault: { kind: "cut-after" }, probability: 0.02, action: "PutLogEvents" },
  ]);
  const frames = Math.ceil(options.events / frameEvents);
  const crashEvery = Math.ceil(frames / (options.crashes + 1));
  for (let frame = 0; frame < frames; frame++) {
    if (frame > 0 && frame % crashEvery === 0) await system.crash();
    const nowMs = system.time.epochMs();
    const entries = Array.from({ length: frameEvents }, (_, n) =>
      eventAt(nowMs, "event %d of frame %d", [n, frame]),
    );
    await system.store(`device-${frame % options.devices}`, entries);
  }
  while (!(await system.deliver())) await system.crash();
  faults.clear();
  const { possiblyDuplicated } = system.metrics;
  await sleep(system.time, visibilityDelayMs);
  const events = fieldsOf(await system.events()).filter(({ event }) => event === undefined);
  await system.stop();
  return { ...compare(events, frames), possiblyDuplicated, injected: faults.injected };
};

const compare = (
  events: Record<string, unknown>[],
  frames: number,
): Pick<DayOfFaults, "missing" | "doubled" | "backwards"> => {
  const stampsOf = new Map<string, Map<number, number>>();
  for (const { device, seq, timestamp } of events) {
    const stamps = stampsOf.get(String(device)) ?? new Map<number, number>();
    stampsOf.set(String(device), stamps.set(Number(seq), Number(timestamp)));
  }
  const distinct = [...stampsOf.values()].reduce((sum, stamps) => sum + stamps.size, 0);
  let backwards = 0;
  for (const stamps of stampsOf.values()) {
    for (const [seq, stampMs] of stamps) if ((stamps.get(seq - 1) ?? 0) > stampMs) backwards++;
  }
  return { missing: frames * frameEvents - distinct, doubled: events.length - distinct, backwards };
};
