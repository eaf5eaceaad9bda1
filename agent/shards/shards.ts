import type { Source } from "../../shared/topic.ts";
import type { Pipeline } from "../pipeline.ts";

/** Which pipeline takes the frames of a shard: one for all, or one for each that this agent owns. */
export interface Shards {
  /** Names what stores the frames, 32 bits: the same for all agents that share it. */
  readonly storeId: number;
  /** Names this agent among those that share the store; absent for one that shares it with none. */
  readonly agent?: string;
  /** Takes a payload from an `up` topic, to whichever pipeline it belongs. */
  receive(source: Source, payload: Uint8Array): void;
  /** The pipeline of a shard; undefined where another agent owns it. */
  of(shard: number): Pipeline | undefined;
  /** All that run here. */
  pipelines(): Pipeline[];
  /** Delivers all that was received; false if some is left after `limitMs`. */
  drain(limitMs: number): Promise<boolean>;
  /** Ends all pipelines; what was not delivered waits in their spools. */
  stop(): Promise<void>;
}

/** All shards in one pipeline, for an agent that shares its fleet with no other. */
export const allShards = (pipeline: Pipeline): Shards => ({
  storeId: pipeline.spool.storeId,
  receive: pipeline.receive,
  of: () => pipeline,
  pipelines: () => [pipeline],
  drain: pipeline.drain,
  stop: pipeline.stop,
});
