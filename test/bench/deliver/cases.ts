import { median, rounded } from "../measure.ts";
import type { Row } from "../table.ts";
import { findFault } from "./check.ts";
import type { Load } from "./load.ts";
import { deliverSpool } from "./run.ts";
import type { Service } from "./service.ts";

/** What one delivery came to, or the medians of several. */
export interface Figures {
  eventsPerSecond: number;
  /** Of the delivering process alone. */
  cpuSecondsPerMillion: number;
  eventsPerCall: number;
}

/** One way to deliver, and what each round came to. */
export interface Case {
  name: string;
  load: Load;
  gzip: boolean;
  rounds: Figures[];
}

interface Place {
  directory: string;
  service: Service;
}

/** Delivers a load once. Rejects where an event is missing or doubled. */
const deliverOnce = async (
  { directory, service }: Place,
  load: Load,
  gzip: boolean,
): Promise<Figures> => {
  const events = load.fleet.totalEvents;
  const before = await service.tally();
  const cloudwatch = service.connect(gzip);
  const { cost, metrics } = await deliverSpool({ ...load, directory, cloudwatch, events });
  await cloudwatch.close();
  const after = await service.tally();
  const stored = after.events - before.events;
  if (stored !== events || metrics.eventsDelivered !== events) {
    throw new Error(
      `Of ${events} events the agent delivered ${metrics.eventsDelivered}, the endpoint stored ${stored}`,
    );
  }
  return {
    eventsPerSecond: (events * 1_000) / cost.wallMs,
    cpuSecondsPerMillion: (cost.cpuMs * 1_000) / events,
    eventsPerCall: events / (after.calls - before.calls),
  };
};

/** Warms up with a small load, and reads everything back. Rejects where it is not what was logged. */
export const rehearse = async (place: Place, load: Load): Promise<void> => {
  await deliverOnce(place, load, true);
  const cloudwatch = place.service.connect(true);
  const fault = await findFault(cloudwatch, load.group, load.fleet);
  await cloudwatch.close();
  if (fault !== null) throw new Error(`What was delivered is not what was logged: ${fault}`);
};

export interface RoundsOptions {
  rounds: number;
  /** No further round begins after this time. */
  limitMs: number;
}

/** Every case once a round, so that what else the machine does strikes all of them. */
export const measureCases = async (
  place: Place,
  loads: readonly Load[],
  { rounds, limitMs }: RoundsOptions,
): Promise<Case[]> => {
  const cases: Case[] = loads.flatMap((load) => [
    { name: load.name, load, gzip: false, rounds: [] },
    { name: `${load.name}, gzip`, load, gzip: true, rounds: [] },
  ]);
  const untilMs = performance.now() + limitMs;
  for (let round = 0; round < rounds; round++) {
    if (round > 0 && performance.now() > untilMs) break;
    for (const each of cases) each.rounds.push(await deliverOnce(place, each.load, each.gzip));
  }
  return cases;
};

export const medianOf = ({ rounds }: Case): Figures => {
  const of = (name: keyof Figures): number => rounded(median(rounds.map((each) => each[name])));
  return {
    eventsPerSecond: of("eventsPerSecond"),
    cpuSecondsPerMillion: of("cpuSecondsPerMillion"),
    eventsPerCall: of("eventsPerCall"),
  };
};

/** The medians of all cases, with the CPU time as a ratio to the first one's. */
export const rowsOf = (cases: readonly Case[]): Row[] => {
  const base = cases[0] === undefined ? 1 : medianOf(cases[0]).cpuSecondsPerMillion;
  const rows = cases.map((each): Row => {
    const { eventsPerSecond, cpuSecondsPerMillion, eventsPerCall } = medianOf(each);
    const speeds = each.rounds.map((round) => rounded(round.eventsPerSecond));
    return [
      each.name,
      eventsPerSecond,
      `${Math.min(...speeds)}..${Math.max(...speeds)}`,
      cpuSecondsPerMillion,
      (cpuSecondsPerMillion / base).toFixed(2),
      eventsPerCall,
    ];
  });
  return [["", "events/s", "range", "CPU s/million", "ratio", "events/call"], ...rows];
};
