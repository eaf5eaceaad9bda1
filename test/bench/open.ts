import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createLevelSpool } from "../../agent/spool/level/level-spool.ts";
import type { Spool } from "../../agent/spool/spool.ts";
import { newFrame, recordOf } from "../support/any-receipt.ts";
import { rounded, startMeter } from "./measure.ts";

interface Opening {
  ms: number;
  residentMb: number;
}

const open = (directory: string): Promise<Spool> =>
  createLevelSpool({
    directory,
    limitBytes: Number.MAX_SAFE_INTEGER,
    laneShare: 1,
    limitDevices: 1_000_000,
    limitDeadLetters: 1,
    onEvicted() {},
  });

/** Appends under way at a time. */
const together = 1_000;

/** Frames of a thousand devices, a lane each, into a new store. */
const fill = async (directory: string, frames: number): Promise<void> => {
  const spool = await open(directory);
  const devices = Math.min(1_000, frames);
  for (let from = 0; from < frames; from += together) {
    const appends: Promise<void>[] = [];
    for (let place = from; place < Math.min(frames, from + together); place++) {
      const seq = Math.floor(place / devices);
      const frame = newFrame(`pump-${place % devices}`, seq);
      const change = { isNewDevice: seq === 0, forget: [] };
      appends.push(spool.append(frame, recordOf(frame), change));
    }
    await Promise.all(appends);
  }
  await spool.close();
};

const measure = async (directory: string): Promise<void> => {
  const stop = startMeter();
  const spool = await open(directory);
  const { wallMs } = stop();
  const residentMb = process.memoryUsage().rss / 1_048_576;
  process.stdout.write(JSON.stringify({ ms: rounded(wallMs), residentMb: rounded(residentMb) }));
  await spool.close();
};

/** A process of its own opens the store: its memory is of nothing else. */
const openApart = (directory: string): Opening => {
  const args = [process.argv[1] ?? "", "open", "--directory", directory];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as Opening;
};

/** `bench -- open`: how long a spool takes to open with many frames in it; ends with a line of JSON. */
export const runOpen = async (args: string[]): Promise<void> => {
  const { values } = parseArgs({
    args,
    options: {
      directory: { type: "string" },
      frames: { type: "string", default: "10000,1000000" },
    },
  });
  if (values.directory !== undefined) return measure(values.directory);
  const openings: Record<string, Opening> = {};
  for (const frames of values.frames.split(",")) {
    const directory = await mkdtemp(join(tmpdir(), "fleetlog-open-"));
    try {
      await fill(directory, Number(frames));
      openings[frames] = openApart(directory);
    } finally {
      await rm(directory, { recursive: true });
    }
  }
  process.stdout.write(`${JSON.stringify({ frames: openings })}\n`);
};
