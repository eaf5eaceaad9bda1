import type { Boot } from "../../../shared/frame.ts";
import { awaitedIn } from "../../spool/aside.ts";
import type { Intent, IntentRun, Progress } from "../../spool/intent.ts";
import type { BootOfDevice, Spool, StoredFrame } from "../../spool/spool.ts";
import { unpackStamps } from "../../spool/stamps.ts";
import { type BodyText, createBodyText } from "../message/body.ts";
import type { MessageForm } from "../message/message.ts";
import type { MetricRule } from "../message/metric.ts";
import { createWriter } from "../message/write.ts";
import type { Aside } from "../schedule/aside.ts";
import type { Streams } from "../stream.ts";
import { type Batch, callLength, type Elsewhere, type TakenEntries, takeAll } from "./batch.ts";
import { type BootEntries, createBootEntries, drain, framesByBoot } from "./boot-entries.ts";
import { checkWhole } from "./check-whole.ts";
import { cutBatch, type Draft, draftOf } from "./draft.ts";
import type { Formats } from "./formats.ts";
import { createLook, type Found, firstFrames } from "./look.ts";
import { liveBoots, mergeBoots } from "./merge.ts";
import { bootKeyOf, type PendingEntry, type Reading } from "./pending.ts";
import type { Redact } from "./redact.ts";
import { nearestIn, type StampRange, type StampWindow } from "./stamp-window.ts";
import { createStamper, intendedStamps, type NextStamp, type ReadClock } from "./stamping.ts";

/** A batch, and its next call. */
export interface ComposedBatch extends Batch {
  /** How many events of the batch, from the first, the call carries. */
  length: number;
  /** The body of the call, with nothing in it where the batch has no events. */
  body: Uint8Array;
}

export type Composition =
  | { kind: "draft"; draft: Draft }
  | { kind: "givenUp"; batch: ComposedBatch }
  | { kind: "sorted" | "nothing" };

/** Makes batches of what waits in a lane. */
export interface Composer {
  /**
   * The lane's next batch. `sorted`: frames of the lane were set aside, and others may be left.
   * `givenUp`: nothing of it is sent.
   */
  compose(lane: string): Promise<Composition>;
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
  redact: Redact | null;
  formats: Formats;
  aside: Pick<Aside, "sort" | "judge">;
  /** In [0, 1). */
  random(): number;
}

/** Share of batches that take the newest events of a lane before its backlog. */
const liveShare = 0.25;

const compose = (
  { lane, frames, progress }: Found,
  { elsewhere, entries, events, json, home, repeated }: TakenEntries,
  body: BodyText,
): ComposedBatch => {
  const length = callLength(events);
  const target = events[0]?.target ?? home;
  body.begin(target);
  for (let index = 0; index < length; index++) body.add(json[index] as string);
  const place = { lane, home, target, elsewhere };
  const batch = { ...place, frames, progress, entries, events, repeated, isLast: false };
  return { ...batch, length, body: body.end() };
};

const refusedAs =
  (refused: string) =>
  (entry: PendingEntry): PendingEntry => ({ ...entry, stamp: { ...entry.stamp, refused } });

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

/** Opens the boots of what was looked at: with fresh stamps, or with those of an intent. */
const createOpen = ({ spool, metricRule, redact, ...options }: ComposerOptions) => {
  const readingOf = ({ device, boot }: StoredFrame): Reading => ({
    lookup: spool.lookup(device, boot),
    formats: options.formats,
    metricRule,
    redact,
  });
  return {
    async fresh(found: Found, range: StampRange | null): Promise<BootEntries[]> {
      await options.loadClocks(firstFrames(found.byBoot));
      return openBoots(found, readingOf, ({ device, boot }, _, done) =>
        createStamper({ readClock: options.clockOf(device, boot), done, range }),
      );
    },
    intended(found: Found, runs: readonly IntentRun[]): { boots: BootEntries[]; entries: number } {
      let entries = 0;
      const stampsOf = new Map<string, NextStamp>();
      for (const run of runs) {
        const stamps = unpackStamps(run.stamps);
        entries += stamps.length;
        stampsOf.set(bootKeyOf(run), intendedStamps(run.from, stamps));
      }
      const boots = openBoots(found, readingOf, (_, bootKey) => stampsOf.get(bootKey) ?? null);
      return { boots, entries };
    },
  };
};

export const createComposer = (options: ComposerOptions): Composer => {
  const { spool, streams, aside } = options;
  const writer = createWriter(options.form);
  const body = createBodyText();

  const elsewhere: Elsewhere = (entry) =>
    entry.event === null || !streams.mayLeave(entry.device)
      ? null
      : streams.elsewhere(entry, entry.event.site, entry.stamp.epochMs);
  const look = createLook(spool);
  const open = createOpen(options);

  const rangeOf = (lane: string): StampRange | null =>
    options.refusedStamps === "keep"
      ? null
      : options.stampWindow.range(streams.streamOf(lane, 0).group);
  const newestIn = (range: StampRange | null) => (boot: BootEntries) => {
    const { stamp } = boot;
    const uptimeMs = boot.lastUptimeMs();
    if (stamp === null) return 0;
    if (uptimeMs === null) return stamp.epochMs;
    const { epochMs } = options.clockOf(boot.device, boot.boot)(uptimeMs);
    return Math.max(stamp.epochMs, range === null ? epochMs : nearestIn(range, epochMs));
  };
  /** Nothing of these frames is sent: their events become dead letters. */
  const giveUp = async (whole: Found, frames: StoredFrame[], refused: string) => {
    const { lane } = whole;
    const found = { ...whole, frames, byBoot: framesByBoot(frames) };
    const entries = (await open.fresh(found, rangeOf(lane))).flatMap(drain);
    const home = streams.streamOf(lane, entries[0]?.stamp.epochMs ?? 0);
    const refusals = entries.map(refusedAs(refused));
    return compose(found, takeAll(refusals, { writer, home, elsewhere, repeated: null }), body);
  };
  const draft = async (found: Found): Promise<Draft> => {
    const { lane } = found;
    const range = rangeOf(lane);
    const boots = await open.fresh(found, range);
    const isLive = options.random() < liveShare;
    const served = isLive ? liveBoots(boots, newestIn(range)) : boots;
    const streamOf = (epochMs: number) => streams.streamOf(lane, epochMs);
    const { formats } = options;
    const cut = cutBatch(mergeBoots(served), { writer, body, formats, streams, streamOf });
    const isAll = cut.isWhole && served.length === boots.length;
    const made = draftOf(found, cut, isAll && found.isAll);
    if (!cut.isWhole) look.noteFull(made.delivered);
    return made;
  };
  return {
    async compose(lane) {
      const found = await look.forBatch(lane);
      const { frames } = found;
      if (awaitedIn(lane) !== null) {
        const judged = aside.judge(lane, frames);
        if (judged.kind === "wait") return { kind: "nothing" };
        if (judged.kind === "giveUp") {
          return { kind: "givenUp", batch: await giveUp(found, judged.frames, judged.reason) };
        }
      } else if (await aside.sort(lane, frames)) return { kind: "sorted" };
      if (frames.length === 0) return { kind: "nothing" };
      return { kind: "draft", draft: await draft(found) };
    },
    async recompose({ lane, group, stream, runs, repeated = null }) {
      const found = await look.forIntent(lane);
      const isAside = awaitedIn(lane) !== null;
      if (isAside && aside.judge(lane, found.frames).kind === "wait") return null;
      const { boots, entries } = open.intended(found, runs);
      const home = { group, stream };
      const taken = takeAll(boots.flatMap(drain), { writer, home, elsewhere, repeated });
      checkWhole(taken, { lane, runs }, entries);
      return compose(found, taken, body);
    },
  };
};
