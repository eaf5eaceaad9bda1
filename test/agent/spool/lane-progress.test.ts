import { describe, expect, it } from "vitest";
import { progressKey } from "../../../agent/spool/keys.ts";
import { createLaneProgress } from "../../../agent/spool/lane-progress.ts";
import { encodeJson } from "../../../agent/spool/record.ts";
import type { Progress } from "../../../agent/spool/spool.ts";
import { bootOf } from "../../support/any-receipt.ts";
import { fakeStore } from "../../support/fake-store.ts";

const doneAt = (next: number, boot = 1): Progress => ({
  device: "pump",
  boot: bootOf(boot),
  next,
  stampMs: next,
});

/** Progress of lanes over a store in which that of lane "a" is. */
const startProgress = (keptRecords?: number) => {
  const { store, disk, reads } = fakeStore();
  const put = (lane: string, done: Progress): void => {
    disk.set(progressKey(lane, done.device, done.boot), encodeJson(done));
  };
  put("a", doneAt(1));
  return { progress: createLaneProgress(store, keptRecords), put, disk, reads };
};

describe("progress of a lane", () => {
  it("is read once from the store", async () => {
    const { progress, reads } = startProgress();

    const found = [await progress.read("a"), await progress.read("a")];

    expect(found).toEqual([[doneAt(1)], [doneAt(1)]]);
    expect(reads()).toBe(1);
  });

  it("is what was settled since, boot by boot", async () => {
    const { progress } = startProgress();
    await progress.read("a");

    progress.settle("a", [doneAt(5), doneAt(2, 2)]);

    expect(await progress.read("a")).toEqual([doneAt(5), doneAt(2, 2)]);
  });

  it("is read again after something of the lane was forgotten", async () => {
    const { progress, disk } = startProgress();
    await progress.read("a");
    disk.clear();

    progress.forget("a");

    expect(await progress.read("a")).toEqual([]);
  });

  it("is not kept where something was forgotten while it was read", async () => {
    const { progress, disk } = startProgress();

    const reading = progress.read("a");
    progress.forget("a");
    await reading;
    disk.clear();

    expect(await progress.read("a")).toEqual([]);
  });

  it("is read again where other lanes took its place", async () => {
    const { progress, put, reads } = startProgress(3);
    put("b", doneAt(7));
    for (const lane of ["a", "b", "a"]) await progress.read(lane);

    expect(reads()).toBe(3);
  });
});
