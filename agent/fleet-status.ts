import { bootText } from "../shared/frame.ts";
import type { Streams } from "./delivery/stream.ts";
import type { Device } from "./devices.ts";
import type { Pipeline } from "./pipeline.ts";
import type { SpoolUsage } from "./spool/spool.ts";

/** What the agent knows of a device. */
export interface DeviceStatus {
  id: string;
  isOnline: boolean;
  /** Its newest boot; null where nothing of it is stored. */
  boot: string | null;
  /** First seq of that boot that is not stored. */
  next: number;
  /** Bytes that wait in the stream of that boot, which may be other devices' as well. */
  waitingBytes: number;
}

export const statusOf = (
  { id, session }: Device,
  isOnline: boolean,
  { spool, streams }: Pick<Pipeline, "spool"> & { streams: Streams },
): DeviceStatus => {
  const boot = session.newest();
  if (boot === null) return { id, isOnline, boot: null, next: 0, waitingBytes: 0 };
  const waitingBytes = spool.laneBytes(streams.laneOf(id, boot));
  return { id, isOnline, boot: bootText(boot), next: session.cursor(boot), waitingBytes };
};

/** Of all pipelines together. */
export const usageOf = (pipelines: readonly Pipeline[]): SpoolUsage => {
  const usages = pipelines.map(({ spool }) => spool.usage());
  const sum = usages.reduce<SpoolUsage>(
    (before, usage) => ({
      frames: before.frames + usage.frames,
      bytes: before.bytes + usage.bytes,
      asideBytes: before.asideBytes + usage.asideBytes,
      limitBytes: before.limitBytes + usage.limitBytes,
      devices: before.devices + usage.devices,
    }),
    { frames: 0, bytes: 0, asideBytes: 0, limitBytes: 0, devices: 0 },
  );
  const disk = usages.find((usage) => usage.disk !== undefined)?.disk;
  return disk === undefined ? sum : { ...sum, disk };
};
