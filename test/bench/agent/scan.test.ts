import { describe, expect, it } from "vitest";
import { parseEvents, scanBody, type TakeEvent } from "./scan.ts";

const bodyOf = (events: object[]): string =>
  JSON.stringify({
    logGroupName: "/fleetlog/bench",
    logStreamName: "pump-7",
    logEvents: events.map((event, index) => ({
      message: JSON.stringify(event),
      timestamp: 1_764_000_000_000 + index,
    })),
  });

const body = bodyOf([
  { level: "info", message: 'read of "seq" 3', device: "pump-7", boot: "1-00000007", seq: 12 },
  { level: "warn", device: "pump-41", boot: "1-00000029", seq: 0, args: [1, 2] },
]);

const listOf = (find: (text: string, take: TakeEvent) => number): [number, number[][]] => {
  const found: number[][] = [];
  return [find(body, (...event) => found.push(event)), found];
};

describe("scan", () => {
  it("finds device, seq and stamp of each event", () => {
    expect(listOf(scanBody)).toEqual([
      2,
      [
        [7, 12, 1_764_000_000_000],
        [41, 0, 1_764_000_000_001],
      ],
    ]);
  });

  it("finds what parsing finds", () => {
    expect(listOf(scanBody)).toEqual(listOf(parseEvents));
  });

  it("finds nothing in a body without events", () => {
    expect(scanBody(bodyOf([]), () => {})).toBe(0);
  });
});
