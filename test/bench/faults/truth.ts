import { closeSync, openSync, readFileSync, writeSync } from "node:fs";

/** What a device wrote down beside its logger: a line each, in the order it happened. */
export type TruthLine =
  /** A boot begins. */
  | { kind: "boot"; device: string; boot: string; hasFlash: boolean }
  /** The call with this ordinal is about to be made. */
  | { kind: "call"; device: string; boot: string; ordinal: number; epochMs: number }
  /**
   * It was made. `logged` and `refused` are the logger's counts: calls, its own events among them, and
   * those of them that got no seq.
   */
  | { kind: "made"; device: string; boot: string; epochMs: number; logged: number; refused: number }
  /** The logger was closed, and the agent had everything. */
  | { kind: "closed"; device: string; boot: string };

/** Written before each call returns: SIGKILL takes nothing of it, for the system has it. */
export interface Truth {
  write(line: TruthLine): void;
  close(): void;
}

export const appendTruth = (path: string): Truth => {
  const file = openSync(path, "a");
  return {
    write: (line) => void writeSync(file, `${JSON.stringify(line)}\n`),
    close: () => closeSync(file),
  };
};

/** When a call was made: between the two, on the machine's clock. */
export interface TrueTime {
  fromMs: number;
  toMs: number;
}

/** One boot of a device, as the device knew it. */
export interface TrueBoot {
  device: string;
  /** As `bootText` gives it. */
  boot: string;
  hasFlash: boolean;
  /** By ordinal. The last one may have been under way as the device died. */
  calls: TrueTime[];
  /** Events of the logger itself, as of the last call. */
  own: number;
  /** Calls that got no seq, as of the last call. */
  refused: number;
  isClosed: boolean;
}

const take = (boots: Map<string, TrueBoot>, line: TruthLine): void => {
  const { device, boot } = line;
  const key = `${device} ${boot}`;
  if (line.kind === "boot") {
    const { hasFlash } = line;
    boots.set(key, { device, boot, hasFlash, calls: [], own: 0, refused: 0, isClosed: false });
    return;
  }
  const known = boots.get(key) as TrueBoot;
  if (line.kind === "closed") known.isClosed = true;
  if (line.kind === "call") {
    known.calls[line.ordinal] = { fromMs: line.epochMs, toMs: Number.POSITIVE_INFINITY };
  }
  if (line.kind !== "made") return;
  (known.calls.at(-1) as TrueTime).toMs = line.epochMs;
  known.own = line.logged - known.calls.length;
  known.refused = line.refused;
};

/** The boots in these files, each device's in the order of their beginning. */
export const readTruth = (paths: readonly string[]): TrueBoot[] => {
  const boots = new Map<string, TrueBoot>();
  for (const path of paths) {
    for (const line of readFileSync(path, "utf8").split("\n")) {
      if (line !== "") take(boots, JSON.parse(line) as TruthLine);
    }
  }
  return [...boots.values()];
};
