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
export const usageOf = (pipelines: readonly Pipeline[]): SpoolUsage =>
  pipelines
    .map(({ spool }) => spool.usage())
    .reduce(
      (sum, usage) => ({
        frames: sum.frames + usage.frames,
        bytes: sum.bytes + usage.bytes,
        asideBytes: sum.asideBytes + usage.asideBytes,
        limitBytes: sum.limitBytes + usage.limitBytes,
        devices: sum.devices + usage.devices,
      }),
      { frames: 0, bytes: 0, asideBytes: 0, limitBytes: 0, devices: 0 },
    );
