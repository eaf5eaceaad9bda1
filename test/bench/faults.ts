import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { AWSCloudWatchLogs } from "../../agent/cloudwatch/client.ts";
import { type ReadEvent, readAll } from "../../agent/demo/read-all.ts";
import { createChance } from "../../agent/local/chance.ts";
import { balance } from "./faults/books.ts";
import { mountSmallDisk, type SmallDisk } from "./faults/disk.ts";
import type { EndpointProcessOptions, EndpointReport } from "./faults/endpoint-process.ts";
import { type Flags, parseFlags } from "./faults/flags.ts";
import { type BrokerKind, type Fleet, freePort, startFleet } from "./faults/fleet.ts";
import type { Books } from "./faults/ledger.ts";
import { type Program, startProgram } from "./faults/program.ts";
import { createStorm, type Storm } from "./faults/storm.ts";
import { readTruth } from "./faults/truth.ts";

/** The last line, with the books. */
interface Result extends Books {
  faults: number;
  faultsByKind: Record<string, number>;
  /** Events that the agents say they may have doubled. */
  possiblyDuplicated: number;
  /** Agents that went by themselves; on a full disk they may. */
  agentExits: number;
  seconds: number;
}

const region = "us-east-1";
const keys = { accessKeyId: "AKIDFAULTS", secretAccessKey: "secret-of-the-faults" };

/** Between two faults. */
const pauseMs = { least: 150, most: 850 };

const diskMegabytes = 96;

/** How long everything may take to come to rest once the faults have ended. */
const restLimitMs = 150_000;
const lookEveryMs = 5_000;

const endpointProgram = fileURLToPath(new URL("faults/endpoint-process.js", import.meta.url));

/** Everything that runs. */
interface World {
  endpoint: Program;
  endpointPort: number;
  /** Faults of the endpoint so far, by kind. */
  injected(): Record<string, number>;
  fleets: Fleet[];
  storm: Storm;
}

const sumOf = (counts: Iterable<Record<string, number>>): Record<string, number> => {
  const sum: Record<string, number> = {};
  for (const each of counts) {
    for (const [name, count] of Object.entries(each)) sum[name] = (sum[name] ?? 0) + count;
  }
  return sum;
};

const startEndpoint = (directory: string, port: number, seed: number) => {
  const injected = new Map<number, Record<string, number>>();
  const options: EndpointProcessOptions = { directory, port, ...keys, seed };
  const endpoint = startProgram({
    name: "endpoint",
    command: process.execPath,
    args: [endpointProgram, JSON.stringify(options)],
    hasChannel: true,
    onMessage(message, run) {
      injected.set(run, (message as EndpointReport).injected);
    },
  });
  return { endpoint, injected: () => sumOf(injected.values()) };
};

const startWorld = async (
  directory: string,
  disk: SmallDisk | null,
  { broker, devices, seed }: Flags,
): Promise<World> => {
  const random = createChance(seed);
  const endpointPort = await freePort();
  const { endpoint, injected } = startEndpoint(join(directory, "logs"), endpointPort, seed);
  const kinds: BrokerKind[] = broker === "both" ? ["embedded", "mosquitto"] : [broker];
  const fleets: Fleet[] = [];
  for (const [place, kind] of kinds.entries()) {
    const home = join(directory, kind);
    const share = Math.floor(((place + 1) * devices) / kinds.length);
    const before = Math.floor((place * devices) / kinds.length);
    const fleet = await startFleet({
      kind,
      directory: home,
      data: join(place === 0 && disk !== null ? disk.path : home, "agent"),
      devices: share - before,
      endpointPort,
      environment: {
        AWS_REGION: region,
        AWS_ACCESS_KEY_ID: keys.accessKeyId,
        AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      },
      random,
    });
    fleets.push(fleet);
  }
  const storm = createStorm({ fleets, endpoint, disk, random });
  return { endpoint, endpointPort, injected, fleets, storm };
};

const readBack = async ({ endpointPort, fleets }: World): Promise<ReadEvent[][]> => {
  const { accessKeyId, secretAccessKey } = keys;
  const cloudwatch = new AWSCloudWatchLogs(region, accessKeyId, secretAccessKey, {
    endpoint: `http://127.0.0.1:${endpointPort}`,
    environment: {},
  });
  const streams: ReadEvent[][] = [];
  for (const { kind } of fleets) streams.push(...(await readAll(cloudwatch, `/fleetlog/${kind}`)));
  await cloudwatch.close();
  return streams;
};

const booksOf = async (world: World): Promise<Books> =>
  balance(readTruth(world.fleets.flatMap(({ truths }) => truths)), await readBack(world));

/** Nothing is logged any more: waits until nothing is missing, or the limit. */
const comeToRest = async (world: World): Promise<void> => {
  const limitMs = performance.now() + restLimitMs;
  const isLate = (): boolean => performance.now() > limitMs;
  const pending = (): number => world.fleets.reduce((sum, fleet) => sum + fleet.pending(), 0);
  do {
    // Again and again: one that was killed at the end starts only now.
    for (const { devices } of world.fleets) for (const program of devices) program.send("quiet");
    await wait(lookEveryMs);
  } while (pending() > 0 && !isLate());
  for (;;) {
    const { missing } = await booksOf(world);
    process.stdout.write(`${missing} missing yet, ${pending()} without an ack\n`);
    if (missing === 0 || isLate()) return;
    await wait(lookEveryMs);
  }
};

const live = async (world: World, { seconds, seed }: Flags): Promise<Result> => {
  const { fleets, endpoint, storm } = world;
  const random = createChance(seed + 1);
  const startMs = performance.now();
  // Before the first fault everything has said a word.
  await wait(3_000);
  while (performance.now() - startMs < seconds * 1_000) {
    storm.strike();
    await wait(pauseMs.least + random() * (pauseMs.most - pauseMs.least));
  }
  storm.end();
  endpoint.send("mend");
  await comeToRest(world);
  await Promise.all(fleets.flatMap(({ devices }) => devices.map((each) => each.stop("stop"))));
  await Promise.all(fleets.map(({ agent }) => agent.stop()));
  const books = await booksOf(world);
  await Promise.all(fleets.map((fleet) => fleet.stop()));
  await endpoint.stop();
  const faultsByKind = sumOf([storm.counts, world.injected()]);
  return {
    faults: Object.values(faultsByKind).reduce((sum, count) => sum + count, 0),
    ...books,
    possiblyDuplicated: fleets.reduce((sum, { counted }) => sum + counted(), 0),
    agentExits: fleets.reduce((sum, { agent }) => sum + agent.exits.length, 0),
    faultsByKind,
    seconds: Math.round((performance.now() - startMs) / 1_000),
  };
};

const showTroubles = ({ fleets, endpoint }: World): void => {
  const programs = fleets.flatMap(({ agent, broker, devices }) => [agent, broker ?? [], devices]);
  for (const { name, exits } of [endpoint, ...programs.flat(2)]) {
    for (const { code, said } of exits) {
      process.stdout.write(`${name} ended with ${code}: ${said.slice(-500)}\n`);
    }
  }
  for (const { kind, complaints } of fleets) {
    for (const [message, times] of complaints) {
      process.stdout.write(`agent of ${kind}, ${times} times: ${message}\n`);
    }
  }
};

const isGood = (result: Result): boolean =>
  result.missing === 0 &&
  result.overcounted === 0 &&
  result.altered === 0 &&
  result.duplicates <= result.possiblyDuplicated &&
  result.outOfOrder === 0 &&
  result.beyondBound === 0;

/**
 * `bench -- faults [--seconds S] [--devices N] [--broker embedded|mosquitto|both]`: real processes on
 * real disk, SIGKILL and SIGSTOP of all of them at random, networks that cut, stall and slow, a full
 * disk, and the endpoint's own faults. With both brokers there are two fleets side by side, each with
 * half of the devices and an agent of its own; the first one's data are on the disk that fills. Ends
 * with a line of JSON.
 */
export const runFaults = async (args: string[]): Promise<void> => {
  const flags = parseFlags(args);
  const directory = await mkdtemp(join(tmpdir(), "fleetlog-faults-"));
  const disk = mountSmallDisk(directory, diskMegabytes);
  if (disk === null) process.stdout.write("no disk will be full: this process may not mount one\n");
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
  process.once("exit", () => {
    disk?.unmount();
    rmSync(directory, { recursive: true, force: true });
  });
  const world = await startWorld(directory, disk, flags);
  const result = await live(world, flags);
  showTroubles(world);
  process.stdout.write(`${JSON.stringify(result)}\n`);
  if (!isGood(result)) process.exitCode = 1;
};
