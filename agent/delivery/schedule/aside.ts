import { asideLane, awaitedIn } from "../../spool/aside.ts";
import type { Spool, StoredFrame } from "../../spool/spool.ts";
import type { Time } from "../../time.ts";
import type { FormatSource } from "../batch/formats.ts";
import { createWaitingLanes } from "./waiting-lanes.ts";

/** What becomes of the oldest frames of a lane of those set aside. */
export type Judgement =
  | { kind: "deliver" }
  | { kind: "wait" }
  /** These frames have waited too long, or too much waits: they become dead letters. */
  | { kind: "giveUp"; frames: StoredFrame[]; reason: string };

/**
 * Frames whose formats are in a dictionary that is not there. They wait in a lane of their own for
 * each lane and dictionary, so that they hold up no one else; once it is there, that lane is
 * delivered like any other, and later frames of the same boots wait until it is empty.
 */
export interface Aside {
  /** Sets aside what of these frames of a lane must wait; false where none must. */
  sort(lane: string, frames: readonly StoredFrame[]): Promise<boolean>;
  /** Of a lane of frames that were set aside; the oldest ones. */
  judge(lane: string, frames: readonly StoredFrame[]): Judgement;
  /** A dictionary is there now. */
  arrived(hash: string): void;
  stop(): void;
}

export interface AsideOptions {
  spool: Spool;
  dictionaries: FormatSource;
  /** Where dictionaries are looked for. */
  directory: string;
  /** How long a frame waits. */
  waitMs: number;
  /** Bytes of frames that wait, as stored; of more the oldest are given up. */
  limitBytes: number;
  time: Time;
  /** Lets a lane have its turn. */
  wake(lane: string): void;
  onTrouble(message: string): void;
}

/** Bytes of frames that are given up at once: their events are in memory as messages. */
const stepBytes = 131_072;

export const createAside = (options: AsideOptions): Aside => {
  const { spool, dictionaries, directory, waitMs, limitBytes, time, wake } = options;
  const waiting = createWaitingLanes({ time, waitMs, onDue: wake });
  const tell = createTell(options);

  const isThere = (hash: string): boolean => dictionaries.find(hash) !== undefined;
  const mustWait = (lane: string, hash: string): boolean =>
    !isThere(hash) || spool.laneBytes(asideLane(lane, hash)) > 0;
  const excessBytes = (): number => spool.usage().asideBytes - limitBytes;
  /** Lets those give way that have waited longest, where too much waits. */
  const relieve = (): void => {
    const lane = excessBytes() > 0 ? waiting.oldest() : undefined;
    if (lane !== undefined) wake(lane);
  };
  const setAside = async (lane: string, hash: string, frames: StoredFrame[]): Promise<void> => {
    const to = asideLane(lane, hash);
    const isFirst = spool.laneBytes(to) === 0;
    const epochMs = Math.floor(time.epochMs());
    await spool.setAside(lane, hash, frames, epochMs);
    if (isThere(hash)) wake(to);
    else {
      if (isFirst) waiting.note(to, epochMs);
      tell.missing(hash, frames[0]?.device ?? "", epochMs);
    }
  };
  return {
    async sort(lane, frames) {
      const byHash = new Map<string, StoredFrame[]>();
      for (const frame of frames) {
        const { dictionary: hash } = frame;
        if (hash === undefined || !mustWait(lane, hash)) continue;
        const others = byHash.get(hash);
        if (others === undefined) byHash.set(hash, [frame]);
        else others.push(frame);
      }
      for (const [hash, those] of byHash) await setAside(lane, hash, those);
      if (byHash.size > 0) relieve();
      return byHash.size > 0;
    },
    judge(lane, frames) {
      const hash = awaitedIn(lane) ?? "";
      const [first] = frames;
      if (first === undefined || isThere(hash)) {
        waiting.forget(lane);
        return { kind: "deliver" };
      }
      const { asideMs = 0, device } = first;
      const dueMs = time.epochMs() - waitMs;
      waiting.note(lane, asideMs);
      const excess = excessBytes();
      const over = firstOf(frames, dueMs, excess > 0 && waiting.oldest() === lane ? excess : 0);
      if (over.length > 0) {
        const why = asideMs <= dueMs ? "in time" : "before too much waited";
        const reason = `dictionary ${hash} was not in "${directory}" ${why}, put it there for what is to come`;
        return { kind: "giveUp", frames: over, reason };
      }
      tell.missing(hash, device, asideMs);
      relieve();
      return { kind: "wait" };
    },
    arrived(hash) {
      tell.forget(hash);
      for (const lane of spool.lanes()) if (awaitedIn(lane) === hash) wake(lane);
    },
    stop: waiting.stop,
  };
};

/** The first frames, as far as they were set aside by `dueMs` or exceed what may wait. */
const firstOf = (
  frames: readonly StoredFrame[],
  dueMs: number,
  excessBytes: number,
): StoredFrame[] => {
  let takenBytes = 0;
  const end = frames.findIndex(({ asideMs = 0, storedBytes }) => {
    const isOver = asideMs <= dueMs || takenBytes < excessBytes;
    if (!isOver || takenBytes > stepBytes) return true;
    takenBytes += storedBytes;
    return false;
  });
  return end < 0 ? frames.slice() : frames.slice(0, end);
};

/** Hashes told of; beyond that all are told of again. */
const toldLimit = 1_024;

/** Tells of each dictionary that is missing once. */
const createTell = ({ directory, waitMs, onTrouble }: AsideOptions) => {
  const told = new Set<string>();
  return {
    missing(hash: string, device: string, sinceMs: number): void {
      if (told.has(hash)) return;
      if (told.size >= toldLimit) told.clear();
      told.add(hash);
      const until = new Date(sinceMs + waitMs).toISOString();
      onTrouble(
        `Cannot read formats of device "${device}": dictionary ${hash} is not in "${directory}"; its frames wait until ${until}`,
      );
    },
    forget(hash: string): void {
      told.delete(hash);
    },
  };
};
