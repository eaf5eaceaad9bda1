import type { Redis } from "ioredis";
import { type Source, shardOf } from "../../shared/topic.ts";
import { shardPrefix } from "./leases.ts";

/**
 * Takes frames to the agent that owns their shard, and what that sends to the agent which has the
 * device. Through Redis, which keeps nothing of it: what is lost the device sends again.
 */
export interface Relay {
  /** A frame of a device that is connected here, whose shard another agent owns. */
  up(source: Source, payload: Uint8Array): void;
  /** Bytes for a device that may be connected elsewhere. */
  down(device: string, payload: Uint8Array): void;
  /** Takes the frames of these shards from now on. */
  own(shards: ReadonlySet<number>): Promise<void>;
  stop(): void;
}

export interface RelayOptions {
  /** A connection that listens, and does nothing else. */
  listener: Redis;
  redis: Redis;
  fleet: string;
  /** A frame that another agent got of a device whose shard is this one's. */
  onFrame(source: Source, payload: Uint8Array): void;
  /** Bytes for a device, from the owner of its shard. */
  onDown(device: string, payload: Uint8Array): void;
  /** A message could not be passed on. */
  onLost(): void;
}

/** Of what waits to be sent to Redis: beyond it messages are lost. */
const waitingLimitBytes = 8_388_608;

/** `<device>\n<payload>`: device ids have no line feeds. */
const packed = (device: string, payload: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`${device}\n`), payload]);

const unpacked = (message: Buffer): { device: string; payload: Uint8Array } => {
  const end = message.indexOf(0x0a);
  return { device: message.toString("latin1", 0, end), payload: message.subarray(end + 1) };
};

export const createRelay = async (options: RelayOptions): Promise<Relay> => {
  const { listener, redis, fleet, onFrame, onDown, onLost } = options;
  const upOf = (shard: number): string => `${shardPrefix(fleet, shard)}:up`;
  const downChannel = `fleetlog:{${fleet}}:down`;
  let owned: ReadonlySet<number> = new Set();

  const publish = (channel: string, device: string, payload: Uint8Array): void => {
    const waitingBytes = redis.stream?.writableLength ?? Number.POSITIVE_INFINITY;
    if (redis.status !== "ready" || waitingBytes > waitingLimitBytes) onLost();
    else redis.publish(channel, packed(device, payload)).catch(onLost);
  };
  listener.on("messageBuffer", (channel: Buffer, message: Buffer) => {
    const { device, payload } = unpacked(message);
    if (channel.toString() === downChannel) onDown(device, payload);
    else onFrame({ device, shard: shardOf(device), channel: "up" }, payload);
  });
  await listener.subscribe(downChannel);
  return {
    up: ({ device, shard }, payload) => publish(upOf(shard), device, payload),
    down: (device, payload) => publish(downChannel, device, payload),
    async own(shards) {
      const added = [...shards].filter((shard) => !owned.has(shard)).map(upOf);
      const gone = [...owned].filter((shard) => !shards.has(shard)).map(upOf);
      owned = shards;
      if (added.length > 0) await listener.subscribe(...added);
      if (gone.length > 0) await listener.unsubscribe(...gone);
    },
    stop() {
      listener.removeAllListeners("messageBuffer");
    },
  };
};
