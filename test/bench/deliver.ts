import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { measureCases, medianOf, rehearse, rowsOf } from "./deliver/cases.ts";
import { type LoadOptions, makeLoad } from "./deliver/load.ts";
import { measureParts, type Parts } from "./deliver/parts.ts";
import { type Service, startService } from "./deliver/service.ts";
import { type Row, tableText } from "./table.ts";

interface Flags {
  /** Of each delivery. */
  events: number;
  streams: number;
  rounds: number;
  /** No further round begins after this. */
  seconds: number;
  frameEvents: number;
  /** How long a call takes besides the endpoint's work. */
  callMs: number;
}

const integerOf = (name: string, text: string, least: number): number => {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`Cannot use --${name} "${text}": give an integer from ${least}`);
};

const parseFlags = (args: string[]): Flags => {
  const option = (value: string) => ({ type: "string", default: value }) as const;
  const { values } = parseArgs({
    args,
    options: {
      events: option("100000"),
      streams: option("5000"),
      rounds: option("3"),
      seconds: option("25"),
      "frame-events": option("50"),
      "call-ms": option("0"),
    },
  });
  const of = (name: keyof typeof values, least = 1): number => integerOf(name, values[name], least);
  return {
    events: of("events"),
    streams: of("streams"),
    rounds: of("rounds"),
    seconds: of("seconds", 0),
    frameEvents: of("frame-events"),
    callMs: of("call-ms", 0),
  };
};

const partsText = (parts: readonly Parts[], names: readonly string[]): string => {
  const keys = [...new Set(parts.flatMap((each) => Object.keys(each)))];
  const rows = keys.map((key): Row => [key, ...parts.map((each) => each[key] ?? "")]);
  return tableText([["CPU s/million", ...names], ...rows]);
};

/** Streams of a small load whose calls are like those of the large one. */
const fewStreams = 500;

const measure = async (directory: string, service: Service, flags: Flags): Promise<object> => {
  const { events, streams, rounds, seconds } = flags;
  const options: LoadOptions = { directory, service, ...flags };
  const share = Math.min(1, fewStreams / streams);
  const few = await makeLoad({
    ...options,
    events: Math.ceil(events * share),
    streams: Math.ceil(streams * share),
  });
  await rehearse({ directory, service }, few);
  const one = await makeLoad({ ...options, streams: 1 });
  const many = await makeLoad(options);
  const limits = { rounds, limitMs: seconds * 1_000 };
  const cases = await measureCases({ directory, service }, [one, many], limits);
  process.stdout.write(`rounds: ${cases[0]?.rounds.length}\n${tableText(rowsOf(cases))}\n`);
  const oneParts = await measureParts({ ...one, directory, isWithEvents: true });
  const manyParts = await measureParts({ ...few, directory, isWithEvents: false });
  process.stdout.write(`${partsText([oneParts, manyParts], [one.name, many.name])}\n`);
  const [plain, gzip, manyPlain, manyGzip] = cases.map(medianOf);
  const parts = { ...oneParts, streams5000: manyParts };
  return { ...plain, streams5000: { ...manyPlain, gzip: manyGzip }, gzip, parts };
};

/** `bench -- deliver`: from a filled spool to the local endpoint; ends with a line of JSON. */
export const runDeliver = async (args: string[]): Promise<void> => {
  const flags = parseFlags(args);
  const directory = await mkdtemp(join(tmpdir(), "fleetlog-bench-"));
  const service = await startService(join(directory, "logs"), flags.callMs);
  try {
    process.stdout.write(`${JSON.stringify(await measure(directory, service, flags))}\n`);
  } finally {
    await service.stop();
    await rm(directory, { recursive: true, force: true });
  }
};
