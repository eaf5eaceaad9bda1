import { describe, expect, it } from "vitest";
import { createMetrics } from "../../../agent/metrics.ts";
import {
  createOverrun,
  limitedMs,
  overrunLimitFrames,
  unackedLimitFrames,
} from "../../../agent/receive/overrun.ts";

const startOverrun = () => {
  const metrics = createMetrics();
  const troubles: string[] = [];
  const limited: string[] = [];
  const overrun = createOverrun({
    metrics,
    onTrouble: (message) => troubles.push(message),
    onLimited: (device, forMs) => limited.push(`${device} for ${forMs} ms`),
  });
  const admitMany = (frames: number, nowMs = 0): string[] =>
    Array.from({ length: frames }, () => overrun.admit("pump", nowMs));
  return { overrun, metrics, troubles, limited, admitMany };
};

describe("overrun", () => {
  it("takes four windows of frames without an ack, and answers the next with busy", () => {
    const { admitMany, metrics } = startOverrun();

    const admissions = admitMany(unackedLimitFrames + 1);

    expect(admissions.lastIndexOf("take")).toBe(15);
    expect(admissions.at(-1)).toBe("busy");
    expect(metrics).toMatchObject({ framesOverrun: 1, devicesLimited: 0 });
  });

  it("takes frames again as acks leave", () => {
    const { overrun, admitMany } = startOverrun();
    admitMany(unackedLimitFrames);

    overrun.settle("pump");

    expect(admitMany(2)).toEqual(["take", "busy"]);
  });

  it("answers one frame at a time with busy", () => {
    const { overrun, admitMany } = startOverrun();
    admitMany(unackedLimitFrames);

    const before = admitMany(3);
    overrun.settleBusy("pump");

    expect(before).toEqual(["busy", "drop", "drop"]);
    expect(admitMany(1)).toEqual(["busy"]);
  });

  it("hears a device that goes on no more for 10 s, and says so", () => {
    const { admitMany, limited, metrics, troubles } = startOverrun();
    admitMany(unackedLimitFrames + overrunLimitFrames);
    const before = [...limited];

    admitMany(1);
    admitMany(5, limitedMs - 1);

    expect(before).toEqual([]);
    expect(limited).toEqual(["pump for 10000 ms"]);
    expect(metrics).toMatchObject({ framesOverrun: 65, framesLimited: 5, devicesLimited: 1 });
    expect(troubles).toEqual([
      'Device "pump" goes on sending although 16 of its frames wait for an ack: it is not heard for 10 s',
    ]);
  });

  it("hears it again after that", () => {
    const { overrun, admitMany } = startOverrun();
    admitMany(unackedLimitFrames + overrunLimitFrames + 1);

    overrun.settle("pump");

    expect(admitMany(1, limitedMs)).toEqual(["take"]);
  });

  it("does not limit a device that exceeds its window slowly", () => {
    const { admitMany, metrics } = startOverrun();
    admitMany(unackedLimitFrames);

    for (let second = 0; second < 600; second += 10) admitMany(30, second * 1_000);

    expect(metrics.devicesLimited).toBe(0);
  });

  it("leaves other devices as they are", () => {
    const { overrun, admitMany } = startOverrun();
    admitMany(1_000);

    expect(overrun.admit("door", 0)).toBe("take");
  });
});
