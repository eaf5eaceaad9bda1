import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { encodeFrame } from "../../shared/codec/encode.ts";
import { anyFrame } from "../support/any-frame.ts";
import { anyDamaged, createTally, tryDecode } from "../support/damaged-frames.ts";
import { createRandom } from "../support/random.ts";
import { runBoot } from "./wire/boot.ts";
import { readCorpora } from "./wire/corpus.ts";

/** Where nothing was found so slow, longer ones are tried again: a collection may have come between. */
const suspectMs = 5;

const sampleFrames = 2_000;

const megabyte = 1_048_576;

const parseFlags = (args: string[]): { frames: number; seed: number; corpora: string } => {
  const { values } = parseArgs({
    args,
    options: {
      frames: { type: "string", default: "1000000" },
      seed: { type: "string", default: "1" },
      corpora: { type: "string", default: "../shared/corpora" },
    },
  });
  const frames = Number(values.frames);
  const seed = Number(values.seed);
  if (Number.isSafeInteger(frames) && Number.isSafeInteger(seed)) {
    return { frames, seed, corpora: values.corpora };
  }
  throw new Error(`Cannot use --frames "${values.frames}" --seed "${values.seed}": give integers`);
};

/** Frames of recorded logs, with their definitions and without; none where there is no folder. */
const corpusFrames = async (folder: string): Promise<Uint8Array[]> => {
  if (!existsSync(folder)) return [];
  const corpora = await readCorpora(folder);
  return corpora.flatMap(({ events }) =>
    [true, false].flatMap((isKnown) => runBoot(events, { frameEvents: 50, isKnown }).payloads),
  );
};

const collect = (): void => {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
};

const msOf = (work: () => void): number => {
  const startMs = performance.now();
  work();
  return performance.now() - startMs;
};

/** `bench -- fuzz`: damaged frames to the decoder; ends with a line of JSON, fails where it threw. */
export const runFuzz = async (args: string[]): Promise<void> => {
  const flags = parseFlags(args);
  const random = createRandom(flags.seed);
  const generated = fc.sample(anyFrame(), { seed: flags.seed, numRuns: sampleFrames });
  const frames = [...generated.map(encodeFrame), ...(await corpusFrames(flags.corpora))];
  const tally = createTally();
  let slowestMs = 0;
  let slowest: Uint8Array = new Uint8Array(0);
  collect();
  const heapBefore = process.memoryUsage().heapUsed;
  for (let left = flags.frames; left > 0; left--) {
    const bytes = anyDamaged(frames, random);
    let ms = msOf(() => tryDecode(bytes, tally));
    if (ms <= slowestMs) continue;
    const again = createTally();
    for (let time = 0; time < 3 && ms > suspectMs; time++) {
      ms = Math.min(
        ms,
        msOf(() => tryDecode(bytes, again)),
      );
    }
    if (ms > slowestMs) {
      slowestMs = ms;
      slowest = bytes;
    }
  }
  collect();
  const heapGrowthMb = (process.memoryUsage().heapUsed - heapBefore) / megabyte;
  const beginning = Buffer.from(slowest.subarray(0, 60)).toString("hex");
  process.stdout.write(`slowest: ${slowest.length} bytes ${beginning}\n`);
  const rounded = (value: number): number => Math.round(value * 100) / 100;
  const figures = { slowestMs: rounded(slowestMs), heapGrowthMb: rounded(heapGrowthMb) };
  process.stdout.write(`${JSON.stringify({ ...tally, ...figures })}\n`);
  if (tally.thrown + tally.misplaced > 0)
    throw new Error("The decoder threw, or misplaced a fault");
};
