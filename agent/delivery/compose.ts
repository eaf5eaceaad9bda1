import { AgentError } from "../errors.ts";
import type { Intent, Spool, StoredFrame } from "../spool/spool.ts";
import { type Batch, cutBatch, eventsOf, newestSlice, sortEntries } from "./batch.ts";
import type { MessageForm } from "./message.ts";
import type { MetricRule } from "./metric.ts";
import { undelivered } from "./pending.ts";
import type { StampWindow } from "./stamp-window.ts";
import { type StampUptime, stampIntended, stampPending } from "./stamping.ts";
import type { Streams } from "./stream.ts";

/** Makes batches of what waits in a lane. */
export interface Composer {
  /** The lane's next batch; null where nothing waits. */
  compose(lane: string): Promise<Batch | null>;
  /** The batch of an intent, stamps and all, as it was before. Rejects with `INTENT_BROKEN`. */
  recompose(intent: Intent): Promise<Batch>;
}

export interface ComposerOptions {
  spool: Spool;
  streams: Streams;
  /** Makes the clocks of these devices ready to stamp. */
  loadClocks(devices: Set<string>): Promise<void>;
  stampUptime: StampUptime;
  stampWindow: StampWindow;
  /** `restamp`: what the group would refuse gets the nearest stamp it takes. */
  refusedStamps: "restamp" | "keep";
  form: MessageForm;
  metricRule: MetricRule;
  /** In [0, 1). */
  random(): number;
}

/** Bytes of frames looked at for one batch; as messages they are some four times as large. */
const windowBytes = 524_288;

/** Share of batches that take the newest events of a lane before its backlog. */
const liveShare = 0.25;

const storedBytes = (frames: StoredFrame[]): number =>
  frames.reduce((bytes, frame) => bytes + frame.storedBytes, 0);

export const createComposer = (options: ComposerOptions): Composer => {
  const { spool, streams, stampUptime, form } = options;

  const rangeOf = (lane: string) =>
    options.refusedStamps === "keep"
      ? null
      : options.stampWindow.range(streams.streamOf(lane, 0).group);
  return {
    async compose(lane) {
      const frames = await spool.read(lane, windowBytes);
      if (frames.length === 0) return null;
      const progress = await spool.progress(lane);
      await options.loadClocks(new Set(frames.map(({ device }) => device)));
      const entries = stampPending(
        undelivered(frames, progress, options.metricRule),
        progress,
        stampUptime,
        rangeOf(lane),
      );
      const sorted = sortEntries(entries);
      const slice = options.random() < liveShare ? newestSlice(sorted) : sorted;
      const streamOf = (epochMs: number) => streams.streamOf(lane, epochMs);
      const batch = cutBatch(slice, { lane, form, frames, progress, streamOf });
      const isWhole = batch.entries.length === entries.length;
      return { ...batch, isLast: isWhole && storedBytes(frames) <= windowBytes };
    },
    async recompose({ lane, group, stream, runs }) {
      const frames = await spool.read(lane, windowBytes);
      const progress = await spool.progress(lane);
      const entries = sortEntries(
        stampIntended(undelivered(frames, progress, options.metricRule), runs),
      );
      const wanted = runs.reduce((sum, { stamps }) => sum + stamps.length, 0);
      if (entries.length !== wanted) {
        throw new AgentError(
          "INTENT_BROKEN",
          `Cannot repeat the batch for "${lane}": its intent names ${wanted} entries, the spool holds ${entries.length} of them`,
        );
      }
      const events = entries.flatMap((entry, place) => eventsOf(entry, place, form));
      const target = { group, stream };
      return { lane, target, frames, progress, entries, events, isLast: false };
    },
  };
};
