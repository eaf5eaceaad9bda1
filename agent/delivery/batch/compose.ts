import type { Boot } from "../../../shared/frame.ts";
import { AgentError } from "../../errors.ts";
import { awaitedIn } from "../../spool/aside.ts";
import type {
  BootOfDevice,
  Intent,
  IntentRun,
  Progress,
  Spool,
  StoredFrame,
} from "../../spool/spool.ts";
import type { MessageForm } from "../message/message.ts";
import type { MetricRule } from "../message/metric.ts";
import { bodyOf, createWriter } from "../message/write.ts";
import type { Aside } from "../schedule/aside.ts";
import type { Streams } from "../stream.ts";
import { type Batch, type CutEntries, callLength, cutBatch, takeAll } from "./batch.ts";
import { type BootEntries, createBootEntries, drain, framesByBoot } from "./boot-entries.ts";
import type { Formats } from "./formats.ts";
import { liveBoots, mergeBoots } from "./merge.ts";
import { bootKeyOf, type PendingEntry, type Reading } from "./pending.ts";
import { nearestIn, type StampRange, type StampWindow } from "./stamp-window.ts";
import { createStamper, intendedStamps, type NextStamp, type ReadClock } from "./stamping.ts";

/** A batch, and its next call. */
export interface ComposedBatch extends Batch {
  /** How many events of the batch, from the first, the call carries. */
  length: number;
  /** The body of the call, with nothing in it where the batch has no events. */
  body: Uint8Array;
}

/** Makes batches of what waits in a lane. */
export interface Composer {
  /**
   * The lane's next batch; null where nothing is to be done. `sorted`: frames of the lane were set
   * aside, and others may be left.
   */
  compose(lane: string): Promise<ComposedBatch | "sorted" | null>;
  /**
   * The batch of an intent, stamps and all, as it was before; null as long as it is of frames that
   * were set aside, and their dictionary is gone again. Rejects with `INTENT_BROKEN`.
   */
  recompose(intent: Intent): Promise<ComposedBatch | null>;
}

export interface ComposerOptions {
  spool: Spool;
  streams: Streams;
  /** Makes the clocks of these boots ready to stamp. */
  loadClocks(boots: readonly BootOfDevice[]): Promise<void>;
  /** The clock of a boot, once that is loaded. */
  clockOf(device: string, boot: Boot): ReadClock;
  stampWindow: StampWindow;
  /** `restamp`: what the group would refuse gets the nearest stamp it takes. */
  refusedStamps: "restamp" | "keep";
  form: MessageForm;
  metricRule: MetricRule;
  formats: Formats;
  aside: Pick<Aside, "sort" | "judge">;
  /** In [0, 1). */
  random(): number;
}

/** Bytes of frames looked at for one batch; as messages they are some four times as large. */
const windowBytes = 524_288;

/** Share of batches that take the newest events of a lane before its backlog. */
const liveShare = 0.25;

const storedBytes = (frames: StoredFrame[]): number =>
  frames.reduce((bytes, frame) => bytes + frame.storedBytes, 0);

/** What was looked at for a batch. */
interface Found extends Pick<Batch, "lane" | "frames" | "progress"> {
  byBoot: Map<string, StoredFrame[]>;
}

const firstFrames = (byBoot: Map<string, StoredFrame[]>): StoredFrame[] =>
  [...byBoot.values()].map(([first]) => first as StoredFrame);

const compose = (
  { lane, frames, progress }: Found,
  cut: CutEntries,
  isLast: boolean,
): ComposedBatch => {
  const { entries, events, json, target } = cut;
  const length = callLength(events);
  const body = bodyOf(target, json, length);
  return { lane, frames, progress, target, entries, events, isLast, length, body };
};

const createLook =
  (spool: Spool) =>
  async (lane: string): Promise<Found> => {
    const frames = await spool.read(lane, windowBytes);
    const byBoot = framesByBoot(frames);
    const progress = await spool.progressOf(lane, firstFrames(byBoot));
    return { lane, frames, byBoot, progress };
  };

const refusedAs =
  (refused: string) =>
  (entry: PendingEntry): PendingEntry => ({ ...entry, stamp: { ...entry.stamp, refused } });

const checkWhole = ({ entries }: CutEntries, lane: string, runs: readonly IntentRun[]): void => {
  const wanted = runs.reduce((sum, { stamps }) => sum + stamps.length, 0);
  if (entries.length === wanted) return;
  throw new AgentError(
    "INTENT_BROKEN",
    `Cannot repeat the batch for "${lane}": its intent names ${wanted} entries, the spool holds ${entries.length} of them`,
  );
};

type StampsOf = (first: StoredFrame, bootKey: string, done: Progress | undefined) => NextStamp;

/** What waits of each boot; a boot without stamps is left out. */
const openBoots = (
  { byBoot, progress }: Found,
  readingOf: (first: StoredFrame) => Reading,
  stampsOf: (...boot: Parameters<StampsOf>) => NextStamp | null,
): BootEntries[] => {
  const doneOf = new Map(progress.map((done) => [bootKeyOf(done), done]));
  const boots: BootEntries[] = [];
  for (const [bootKey, ofBoot] of byBoot) {
    const done = doneOf.get(bootKey);
    const first = ofBoot[0] as StoredFrame;
    const nextStamp = stampsOf(first, bootKey, done);
    if (nextStamp === null) continue;
    const next = done?.next ?? 0;
    const reading = readingOf(first);
    boots.push(createBootEntries({ bootKey, frames: ofBoot, next, nextStamp, reading }));
  }
  return boots;
};

export const createComposer = (options: ComposerOptions): Composer => {
  const { spool, streams, metricRule, aside } = options;
  const write = createWriter(options.form);

  const readingOf = ({ device, boot }: StoredFrame): Reading => ({
    lookup: spool.lookup(device, boot),
    formats: options.formats,
    metricRule,
  });
  const look = createLook(spool);
  const rangeOf = (lane: string): StampRange | null =>
    options.refusedStamps === "keep"
      ? null
      : options.stampWindow.range(streams.streamOf(lane, 0).group);
  const newestIn = (range: StampRange | null) => (boot: BootEntries) => {
    const head = boot.head();
    const uptimeMs = boot.lastUptimeMs();
    if (head === null) return 0;
    if (uptimeMs === null) return head.stamp.epochMs;
    const { epochMs } = options.clockOf(head.device, head.boot)(uptimeMs);
    return Math.max(head.stamp.epochMs, range === null ? epochMs : nearestIn(range, epochMs));
  };
  const openAll = async (found: Found, range: StampRange | null): Promise<BootEntries[]> => {
    await options.loadClocks(firstFrames(found.byBoot));
    return openBoots(found, readingOf, ({ device, boot }, _, done) =>
      createStamper({ readClock: options.clockOf(device, boot), done, range }),
    );
  };
  /** Nothing of these frames is sent: their events become dead letters. */
  const giveUp = async (whole: Found, frames: StoredFrame[], refused: string) => {
    const { lane } = whole;
    const found = { ...whole, frames, byBoot: framesByBoot(frames) };
    const entries = (await openAll(found, rangeOf(lane))).flatMap(drain);
    const target = streams.streamOf(lane, entries[0]?.stamp.epochMs ?? 0);
    return compose(found, takeAll(entries.map(refusedAs(refused)), write, target), false);
  };
  return {
    async compose(lane) {
      const found = await look(lane);
      const { frames } = found;
      if (awaitedIn(lane) !== null) {
        const judgement = aside.judge(lane, frames);
        if (judgement.kind === "wait") return null;
        if (judgement.kind === "giveUp") return giveUp(found, judgement.frames, judgement.reason);
      } else if (await aside.sort(lane, frames)) return "sorted";
      if (frames.length === 0) return null;
      const range = rangeOf(lane);
      const boots = await openAll(found, range);
      const isLive = options.random() < liveShare;
      const served = isLive ? liveBoots(boots, newestIn(range)) : boots;
      const streamOf = (epochMs: number) => streams.streamOf(lane, epochMs);
      const cut = cutBatch(mergeBoots(served), { write, streamOf });
      const isWhole = cut.isWhole && served.length === boots.length;
      return compose(found, cut, isWhole && storedBytes(frames) <= windowBytes);
    },
    async recompose({ lane, group, stream, runs }) {
      const found = await look(lane);
      const isAside = awaitedIn(lane) !== null;
      if (isAside && aside.judge(lane, found.frames).kind === "wait") return null;
      const runOf = new Map(runs.map((run) => [bootKeyOf(run), run]));
      const boots = openBoots(found, readingOf, (_, bootKey) => {
        const run = runOf.get(bootKey);
        return run === undefined ? null : intendedStamps(run);
      });
      const cut = takeAll(boots.flatMap(drain), write, { group, stream });
      checkWhole(cut, lane, runs);
      return compose(found, cut, false);
    },
  };
};
