import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { unavailable } from "../../agent/local/faults.ts";
import { mountSmallDisk } from "../support/small-disk.ts";
import { count, ordinals, startSystem, type TestDevice, until } from "../support/system.ts";

const diskMebibytes = 24;

/** Frames of a device that are on their way at a time, so that its outbox never fills. */
const pendingLimit = 4;

/** Text that no prediction makes shorter. */
const anyText = (): string => randomBytes(6_000).toString("base64");

/** Logs events with their ordinals as acks come; gives how many. */
const startLoad = ({ log }: TestDevice): (() => number) => {
  let logged = 0;
  const timer = setInterval(() => {
    while (log.stats().pending < pendingLimit) log.info("%s %d", anyText(), logged++);
  }, 5);
  onTestFinished(() => clearInterval(timer));
  return () => {
    clearInterval(timer);
    return logged;
  };
};

describe("an agent on a small disk, while CloudWatch is away", () => {
  it("has devices wait before the disk is full, and loses nothing when there is room again", async () => {
    const data = join(await mountSmallDisk(diskMebibytes), "agent");
    const system = await startSystem({ data, spool: { laneShare: 1 } });
    onTestFinished(() => system.stop());
    const names = count(4).map((index) => `pump-${index}`);
    const devices = await Promise.all(names.map((name) => system.startDevice(name)));
    const says = (start: string): boolean => system.troubles.some((line) => line.startsWith(start));
    system.endpoint.faults.strike(1, [{ fault: unavailable, probability: 1 }]);

    const loads = devices.map(startLoad);
    await until("the disk to become full", () => says("Cannot store frames: the disk of"));
    await until("a device to be told", () => system.agent.metrics.framesBusy > 0);
    const logged = loads.map((stop) => stop());
    const whileFull = system.agent.pending();
    system.endpoint.faults.clear();
    await until("room", () => says("Frames are stored again: the disk of"));
    await until("acks", () => devices.every(({ log }) => log.stats().pending === 0));
    await until("delivery", () => system.agent.pending().frames === 0);
    const events = await system.settle();

    expect(whileFull.disk).toMatchObject({ isLow: true });
    expect(logged.every((events) => events > 0)).toBe(true);
    expect(names.map((name) => ordinals(events, name))).toEqual(logged.map(count));
    expect(system.agent.metrics.possiblyDuplicated).toBe(0);
  });
});
