import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { messageOf } from "../../agent/errors.ts";
import { shardOf } from "../../shared/topic.ts";
import {
  bundlePath,
  corePath,
  type EspruinoHandle,
  espruinoHandle,
  runEspruino,
} from "../support/espruino.ts";
import { type Corpus, readCorpora } from "./device/corpus.ts";
import { type Case, cases, memoryProgram, timingProgram, writeChunks } from "./device/program.ts";
import { rounded } from "./measure.ts";
import { type Row, tableText } from "./table.ts";

/** Times of one case, as multiples of `JSON.stringify` of the same calls. */
interface Figure {
  corpus: string;
  which: Case;
  times: number;
  /** Of the chunks. */
  worst: number;
  microseconds: number;
}

const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);

const geometricMean = (values: readonly number[]): number =>
  Math.exp(sum(values.map(Math.log)) / values.length);

/** Null where the board ran out of memory, or else failed: the reason goes to stderr. */
const measureCase = async (
  handle: EspruinoHandle,
  corpus: Corpus,
  which: Case,
): Promise<Figure | null> => {
  const folder = await mkdtemp(join(tmpdir(), "fleetlog-calls-"));
  try {
    const chunks = await writeChunks(folder, corpus.calls);
    const program = await timingProgram({ folder, chunks, which, shard: shardOf("board-1") });
    const found = (await runEspruino(handle, program)) as { times: number[]; bases: number[] };
    return {
      corpus: corpus.name,
      which,
      times: sum(found.times) / sum(found.bases),
      worst: Math.max(...found.times.map((time, index) => time / (found.bases[index] as number))),
      microseconds: sum(found.times) / corpus.calls.length,
    };
  } catch (thrown) {
    process.stderr.write(`Cannot measure ${which} calls of ${corpus.name}: ${messageOf(thrown)}\n`);
    return null;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const rowOf = ({ corpus, which, times, worst, microseconds }: Figure): Row => [
  corpus,
  which,
  rounded(microseconds),
  rounded(times),
  rounded(worst),
];

/** `bench -- device`: what the device module costs a board; ends with a line of JSON. */
export const runDevice = async (args: string[]): Promise<void> => {
  const options = {
    corpora: { type: "string", default: "../shared/corpora" },
    calls: { type: "string", default: "1000" },
  } as const;
  const { values } = parseArgs({ args, options });
  const handle = espruinoHandle();
  const bundleBytes = (await readFile(bundlePath)).length;
  const figures: Figure[] = [];
  const coreBytes = (await readFile(corePath)).length;
  let memory: { variables: number | null; stateBytes: number | null } = {
    variables: null,
    stateBytes: null,
  };
  if (handle !== null) {
    const corpora = await readCorpora(values.corpora, Number(values.calls));
    for (const corpus of corpora) {
      for (const which of cases) {
        const figure = await measureCase(handle, corpus, which);
        if (figure !== null) figures.push(figure);
      }
    }
    memory = (await runEspruino(handle, memoryProgram(shardOf("board-1")))) as typeof memory;
    const rows = figures.map(rowOf);
    process.stdout.write(`${tableText([["corpus", "case", "us", "times", "worst"], ...rows])}\n`);
  }
  const encoded = figures.filter(({ which }) => which === "encoded").map(({ times }) => times);
  const timesJsonStringify = encoded.length > 0 ? rounded(geometricMean(encoded)) : null;
  const { variables, stateBytes } = memory;
  const last = { bundleBytes, coreBytes, stateBytes, variables, timesJsonStringify };
  process.stdout.write(`${JSON.stringify(last)}\n`);
};
