import { statfs } from "node:fs/promises";
import { messageOf } from "../../errors.ts";
import type { Time } from "../../time.ts";

/** What is left on a disk. */
export interface DiskSpace {
  /** Bytes this process may still take. */
  freeBytes: number;
  /** Bytes of the whole disk. */
  totalBytes: number;
}

/** What the disk of the spool has left, and how much of that is not for frames. */
export interface DiskUsage {
  freeBytes: number;
  /** Left to delivery: what it writes frees more than it takes. */
  reserveBytes: number;
  /** No frame is stored: the reserve is touched. */
  isLow: boolean;
}

/**
 * Watches what the disk has left, so that frames wait before a write can fail: after a failed one
 * nobody knows what is stored, and the agent ends.
 */
export interface FreeSpace {
  /** Whether so much can be stored without touching the reserve. */
  hasRoom(bytes: number): boolean;
  /** So much was written since the disk was asked. */
  noteWritten(bytes: number): void;
  usage(): DiskUsage;
  /** Bytes of the whole disk. */
  totalBytes(): number;
  stop(): void;
}

export interface FreeSpaceOptions {
  /** A folder on the disk. */
  directory: string;
  /** Bytes kept free; by default 64 MiB, but no more than 60 % of the disk. */
  reserveBytes?: number | undefined;
  time: Time;
  /** Asks the disk; the system by default. */
  ask?: ((directory: string) => Promise<DiskSpace>) | undefined;
  onTrouble(message: string): void;
}

const pauseMs = 1_000;

/** LevelDB rewrites up to 45 MB of tables beside the old ones, and fails for good where it cannot. */
const defaultReserveBytes = 67_108_864;

/** Of a small disk, where it may rewrite all that is stored. */
const reserveShare = 0.6;

/** A byte is written to the log, and once more when it goes from there into a table. */
const writtenTwice = 2;

/** It is asked at once where this share of what is left for frames was written since. */
const writtenShare = 0.25;

/** So much more than the reserve must be free before frames are stored again: else it would flap. */
const recoveredShare = 1.25;

const mebibytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MiB`;

const askSystem = async (directory: string): Promise<DiskSpace> => {
  const { bavail, blocks, bsize } = await statfs(directory);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
};

/** Rejects where the disk cannot be asked the first time. */
export const createFreeSpace = async (options: FreeSpaceOptions): Promise<FreeSpace> => {
  const { directory, time, onTrouble, ask = askSystem } = options;
  let disk = await ask(directory);
  const reserveBytes =
    options.reserveBytes ??
    Math.min(defaultReserveBytes, Math.floor(disk.totalBytes * reserveShare));
  let writtenBytes = 0;
  let isLow = false;
  let isStopped = false;
  let cancel = (): void => {};

  let isAsking = false;

  const usage = (): DiskUsage => ({ freeBytes: disk.freeBytes, reserveBytes, isLow });
  const leftBytes = (): number => disk.freeBytes - writtenBytes * writtenTwice;
  const judge = (): void => {
    const room = `the disk of "${directory}" has ${mebibytes(disk.freeBytes)} left`;
    if (!isLow && leftBytes() < reserveBytes) {
      isLow = true;
      onTrouble(
        `Cannot store frames: ${room}, and ${mebibytes(reserveBytes)} are for delivery; devices wait until CloudWatch has taken what is stored or there is more room`,
      );
    } else if (isLow && leftBytes() >= reserveBytes * recoveredShare) {
      isLow = false;
      onTrouble(`Frames are stored again: ${room}`);
    }
  };
  const look = async (): Promise<void> => {
    const countedBytes = writtenBytes;
    isAsking = true;
    try {
      disk = await ask(directory);
      writtenBytes -= countedBytes;
    } catch (cause) {
      onTrouble(`Cannot ask how much room "${directory}" has: ${messageOf(cause)}`);
    }
    isAsking = false;
    if (!isStopped) judge();
  };
  const watch = (): void => {
    cancel = time.after(pauseMs, () => {
      if (!isAsking) void look();
      watch();
    });
  };
  judge();
  watch();
  return {
    hasRoom: (bytes) => !isLow && leftBytes() - bytes * writtenTwice >= reserveBytes,
    noteWritten(bytes) {
      writtenBytes += bytes;
      const isMuch = writtenBytes * writtenTwice > (disk.freeBytes - reserveBytes) * writtenShare;
      if (isMuch && !isLow && !isAsking) void look();
    },
    usage,
    totalBytes: () => disk.totalBytes,
    stop() {
      isStopped = true;
      cancel();
    },
  };
};
