import { describe, expect, it } from "vitest";
import type { Progress } from "../../../agent/spool/intent.ts";
import { progressKey } from "../../../agent/spool/keys.ts";
import { createLaneProgress } from "../../../agent/spool/lane-progress.ts";
import { encodeJson } from "../../../agent/spool/record.ts";
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

const boots = [doneAt(0), doneAt(0, 2)];

describe("progress of a lane", () => {
  it("is read once from the store, and so is that there is none", () => {
    const { progress, reads } = startProgress();

    const found = [progress.read("a", boots), progress.read("a", boots)];

    expect(found).toEqual([[doneAt(1)], [doneAt(1)]]);
    expect(reads()).toBe(2);
  });

  it("is that of the boots asked for", () => {
    const { progress, put } = startProgress();
    put("a", doneAt(4, 2));
    progress.read("a", boots);

    expect(progress.read("a", [doneAt(0, 2)])).toEqual([doneAt(4, 2)]);
  });

  it("is what was settled since, boot by boot", () => {
    const { progress } = startProgress();
    progress.read("a", boots);

    progress.settle("a", [doneAt(5), doneAt(2, 2)]);

    expect(progress.read("a", boots)).toEqual([doneAt(5), doneAt(2, 2)]);
  });

  it("is none of a boot whose record is on its way out, before it is out", () => {
    const { progress } = startProgress();

    progress.forget("a", [{ type: "del", key: progressKey("a", "pump", bootOf(1)) }]);

    expect(progress.read("a", boots)).toEqual([]);
  });

  it("stays where only something else of the lane goes", () => {
    const { progress } = startProgress();

    progress.forget("a", [{ type: "del", key: progressKey("b", "pump", bootOf(1)) }]);

    expect(progress.read("a", boots)).toEqual([doneAt(1)]);
  });

  it("is read again where other lanes took its place", () => {
    const { progress, put, reads } = startProgress(2);
    put("b", doneAt(7));
    for (const lane of ["a", "b", "a"]) progress.read(lane, boots);

    expect(progress.read("a", boots)).toEqual([doneAt(1)]);
    expect(reads()).toBe(6);
  });
});
