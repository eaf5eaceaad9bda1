import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Flags, parseFlags } from "./agent/flags.ts";
import { type Figures, measureSide, type Subject } from "./agent/side.ts";
import { startAgent, startPeer, startService } from "./agent/subjects.ts";
import { rounded } from "./measure.ts";
import { type Row, tableText } from "./table.ts";

type Start = (
  directory: string,
  url: string,
  flags: Flags,
) => Promise<Subject & { stop(): Promise<void> }>;

/** One side with an endpoint of its own. */
const measure = async (flags: Flags, start: Start): Promise<Figures> => {
  const directory = await mkdtemp(join(tmpdir(), "fleetlog-bench-"));
  const { service, url } = await startService(directory, flags);
  try {
    const subject = await start(directory, url, flags);
    try {
      return await measureSide(subject, service, flags);
    } finally {
      await subject.stop();
    }
  } finally {
    await service.stop();
    await rm(directory, { recursive: true, force: true });
  }
};

const shown: readonly [string, (figures: Figures) => string | number | null][] = [
  ["events/s", ({ eventsPerSecond }) => eventsPerSecond],
  ["stored/s", ({ storedPerSecond }) => storedPerSecond],
  ["CPU s/million", ({ cpuSecondsPerMillion }) => cpuSecondsPerMillion],
  ["peak MB", ({ residentMb }) => residentMb],
  ["events/call", ({ eventsPerCall }) => eventsPerCall],
  ["p50 ms", ({ p50Ms }) => p50Ms],
  ["p99 ms", ({ p99Ms }) => p99Ms],
  ["missing", ({ missing }) => missing],
  ["doubled", ({ duplicates }) => duplicates],
  ["out of order", ({ outOfOrder }) => outOfOrder],
  ["throttled", ({ throttled }) => throttled],
  ["CPU load", ({ loadCpu }) => loadCpu],
  ["CPU endpoint", ({ serviceCpu }) => serviceCpu],
];

const ratio = (agent: string | number | null, peer: string | number | null): string =>
  Number(peer) > 0 ? rounded(Number(agent) / Number(peer)).toString() : "";

const rowsOf = (agent: Figures, peer: Figures | null): Row[] => [
  peer === null ? ["", "agent"] : ["", "agent", "Aedes + AWS SDK", "ratio"],
  ...shown.map(([name, of]): Row => {
    const cell = (figures: Figures): string | number => of(figures) ?? "";
    if (peer === null) return [name, cell(agent)];
    return [name, cell(agent), cell(peer), ratio(of(agent), of(peer))];
  }),
];

/**
 * `bench -- agent`: from devices' sockets to the endpoint, the agent in a process of its own, then a
 * peer with the same events; ends with a line of JSON. Fails where the agent loses or doubles an event.
 */
export const runAgent = async (args: string[]): Promise<void> => {
  const flags = parseFlags(args);
  const agent = await measure(flags, startAgent);
  const peer = flags.hasPeer
    ? await measure(flags, (_directory, url) => startPeer(url, flags))
    : null;
  process.stdout.write(`${tableText(rowsOf(agent, peer))}\n`);
  process.stdout.write(`${JSON.stringify({ ...agent, peer })}\n`);
  const { missing, duplicates, outOfOrder } = agent;
  if (missing + duplicates + outOfOrder > 0) process.exitCode = 1;
};
