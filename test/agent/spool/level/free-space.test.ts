import { describe, expect, it } from "vitest";
import {
  createFreeSpace,
  type DiskSpace,
  type FreeSpace,
} from "../../../../agent/spool/level/free-space.ts";
import { type FakeTime, fakeTime } from "../../../support/fake-time.ts";

const mebibyte = 1_048_576;

interface Watched {
  freeSpace: FreeSpace;
  time: FakeTime;
  troubles: string[];
  /** What the disk says from now on; null where it cannot be asked. */
  leave(mebibytes: number | null): void;
  /** Lets a second pass, and the disk answer. */
  pass(): Promise<void>;
  asked(): number;
}

const watch = async (leftMebibytes: number, reserveBytes?: number): Promise<Watched> => {
  const time = fakeTime();
  const troubles: string[] = [];
  let left: number | null = leftMebibytes;
  let asked = 0;
  const freeSpace = await createFreeSpace({
    directory: "/spool",
    reserveBytes,
    time,
    async ask(): Promise<DiskSpace> {
      asked++;
      if (left === null) throw new Error("gone");
      return { freeBytes: left * mebibyte, totalBytes: 1_000 * mebibyte };
    },
    onTrouble: (message) => troubles.push(message),
  });
  const answered = (): Promise<void> => new Promise(setImmediate);
  return {
    freeSpace,
    time,
    troubles,
    leave(mebibytes) {
      left = mebibytes;
    },
    async pass() {
      time.advance(1_000);
      await answered();
    },
    asked: () => asked,
  };
};

describe("free space", () => {
  it("has room while more than the reserve is left", async () => {
    const { freeSpace, troubles } = await watch(100, 50 * mebibyte);

    expect(freeSpace.hasRoom(mebibyte)).toBe(true);
    expect(freeSpace.hasRoom(26 * mebibyte)).toBe(false);
    expect(troubles).toEqual([]);
  });

  it("keeps 64 MiB by default, and 60 % of a small disk", async () => {
    const { freeSpace: large } = await watch(100);
    const small = await createFreeSpace({
      directory: "/spool",
      time: fakeTime(),
      ask: async () => ({ freeBytes: 9 * mebibyte, totalBytes: 10 * mebibyte }),
      onTrouble() {},
    });

    expect(large.usage().reserveBytes).toBe(64 * mebibyte);
    expect(small.usage().reserveBytes).toBe(6 * mebibyte);
  });

  it("has none, and says so once, from when the reserve is touched", async () => {
    const { freeSpace, troubles, leave, pass } = await watch(100, 50 * mebibyte);

    leave(49);
    await pass();
    await pass();

    expect(freeSpace.hasRoom(0)).toBe(false);
    expect(freeSpace.usage()).toMatchObject({ freeBytes: 49 * mebibyte, isLow: true });
    expect(troubles).toEqual([
      'Cannot store frames: the disk of "/spool" has 49.0 MiB left, and 50.0 MiB are for delivery; devices wait until CloudWatch has taken what is stored or there is more room',
    ]);
  });

  it("has room again, and says so, once a quarter more than the reserve is left", async () => {
    const { freeSpace, troubles, leave, pass } = await watch(49, 50 * mebibyte);

    leave(60);
    await pass();
    const isSoon = freeSpace.hasRoom(0);
    leave(63);
    await pass();

    expect(isSoon).toBe(false);
    expect(freeSpace.hasRoom(0)).toBe(true);
    expect(troubles.at(-1)).toBe('Frames are stored again: the disk of "/spool" has 63.0 MiB left');
  });

  it("counts down what is written, twice, until the disk is asked again", async () => {
    const { freeSpace, pass } = await watch(100, 50 * mebibyte);

    freeSpace.noteWritten(6 * mebibyte);
    const before = freeSpace.hasRoom(20 * mebibyte);
    await pass();

    expect(before).toBe(false);
    expect(freeSpace.hasRoom(20 * mebibyte)).toBe(true);
  });

  it("asks the disk at once where much was written since", async () => {
    const { freeSpace, asked } = await watch(100, 50 * mebibyte);

    freeSpace.noteWritten(6 * mebibyte);
    const afterLittle = asked();
    freeSpace.noteWritten(6 * mebibyte);

    expect(afterLittle).toBe(1);
    expect(asked()).toBe(2);
  });

  it("says where the disk cannot be asked, and goes by what it knew", async () => {
    const { freeSpace, troubles, leave, pass } = await watch(100, 50 * mebibyte);

    leave(null);
    await pass();

    expect(troubles).toEqual(['Cannot ask how much room "/spool" has: gone']);
    expect(freeSpace.hasRoom(0)).toBe(true);
  });

  it("asks no more once it is stopped", async () => {
    const { freeSpace, asked, pass } = await watch(100);

    freeSpace.stop();
    await pass();

    expect(asked()).toBe(1);
  });
});
