import { describe, expect, it } from "vitest";
import { bootOf, newFrame, recordOf } from "../../support/any-receipt.ts";
import { fakeSpool } from "../../support/fake-spool.ts";

const everything = Number.MAX_SAFE_INTEGER;
const isNew = { isNewDevice: true, forget: [] };
const intent = { lane: "g:pump", group: "g", stream: "pump", runs: [] };

/** A spool with one frame of a device. */
const spoolWithFrame = async () => {
  const before = await fakeSpool();
  const frame = newFrame("pump", 0);
  await before.spool.append(frame, recordOf(frame), isNew);
  return before;
};

describe("keyed spool after a power cut", () => {
  it("has what was appended, with its boot", async () => {
    const before = await spoolWithFrame();

    const { spool } = await fakeSpool({}, before.diskAfterPowerCut());

    expect(await spool.read("g:pump", everything)).toMatchObject([{ from: 0 }]);
    expect(await spool.boots("pump")).toMatchObject([{ cursor: 1 }]);
    expect(spool.usage()).toMatchObject({ frames: 1, devices: 1 });
  });

  it("has the intent of a call that may have been made", async () => {
    const before = await spoolWithFrame();
    await before.spool.propose(intent);

    const { spool } = await fakeSpool({}, before.diskAfterPowerCut());

    expect(await spool.intent("g:pump")).toEqual(intent);
  });

  it("has dead letters, buried or settled", async () => {
    const before = await spoolWithFrame();
    const letter = { device: "pump", reason: "refused", epochMs: 1, content: [] };
    await before.spool.bury({ ...letter, reason: "unreadable" });
    const settlement = { lane: "g:pump", progress: [], delivered: [], deadLetters: [letter] };
    await before.spool.settle(settlement);

    const { spool } = await fakeSpool({}, before.diskAfterPowerCut());

    expect(await spool.deadLetters()).toHaveLength(2);
  });

  it("may have a settled intent again, with all it was about", async () => {
    const before = await spoolWithFrame();
    await before.spool.propose(intent);
    const delivered = await before.spool.read("g:pump", everything);
    const progress = [{ device: "pump", boot: bootOf(1), next: 1, stampMs: 1 }];
    await before.spool.settle({ lane: "g:pump", progress, delivered, deadLetters: [] });

    const { spool } = await fakeSpool({}, before.diskAfterPowerCut());

    expect(await spool.intent("g:pump")).toEqual(intent);
    expect(await spool.read("g:pump", everything)).toMatchObject([{ from: 0 }]);
    expect(await spool.progress("g:pump")).toEqual([]);
  });

  it("has nothing settled again after it was closed in order", async () => {
    const before = await spoolWithFrame();
    await before.spool.propose(intent);
    const delivered = await before.spool.read("g:pump", everything);
    void before.spool.settle({ lane: "g:pump", progress: [], delivered, deadLetters: [] });
    await before.spool.close();

    const { spool } = await fakeSpool({}, before.diskAfterPowerCut());

    expect(await spool.intended()).toEqual([]);
    expect(spool.usage().frames).toBe(0);
  });
});
