import { AgentError } from "../errors.ts";
import type { Intent, Spool } from "../spool/spool.ts";
import { type Batch, cutBatch, fullBatch, sortEntries } from "./batch.ts";
import type { MessageForm } from "./message.ts";
import { keyOf, type StampUptime, stampIntended, stampPending } from "./pending.ts";
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
  form: MessageForm;
}

/** Bytes of frames looked at for one batch; as messages they are some four times as large. */
const windowBytes = 524_288;

export const createComposer = (options: ComposerOptions): Composer => {
  const { spool, streams, stampUptime, form } = options;
  return {
    async compose(lane) {
      const frames = await spool.read(lane, windowBytes);
      if (frames.length === 0) return null;
      const progress = await spool.progress(lane);
      await options.loadClocks(new Set(frames.map(({ device }) => device)));
      const entries = stampPending(frames, progress, stampUptime);
      if (entries.length === 0) throw new Error(`Lane "${lane}" holds frames that are delivered`);
      return cutBatch(lane, sortEntries(entries), fullBatch(form), (epochMs) =>
        streams.streamOf(lane, epochMs),
      );
    },
    async recompose(intent) {
      const { lane, group, stream, runs } = intent;
      const frames = await spool.read(lane, windowBytes);
      const runOf = new Map(runs.map((run) => [keyOf(run), run]));
      const entries = stampIntended(frames, await spool.progress(lane), runOf);
      const wanted = runs.reduce((sum, { stamps }) => sum + stamps.length, 0);
      if (entries.length !== wanted) {
        throw new AgentError(
          "INTENT_BROKEN",
          `Cannot repeat the batch for "${lane}": its intent names ${wanted} entries, the spool holds ${entries.length} of them`,
        );
      }
      const everything = { form, limitBytes: Infinity, limitEvents: Infinity };
      return cutBatch(lane, sortEntries(entries), everything, () => ({ group, stream }));
    },
  };
};
