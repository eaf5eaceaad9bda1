import { describe, expect, it } from "vitest";
import { createMirror } from "../../../device/mirror.ts";
import { captureConsole } from "../../../device/platforms/node-console.ts";

const names = ["debug", "log", "info", "warn", "error"] as const;

const createBench = () => {
  const shown: unknown[][] = [];
  const logged: unknown[][] = [];
  const target = Object.fromEntries(
    names.map((name) => [name, (...values: unknown[]) => void shown.push([name, ...values])]),
  ) as Pick<Console, (typeof names)[number]>;
  const record =
    (level: string) =>
    (...values: unknown[]): void =>
      void logged.push([level, ...values]);
  const levels = ["debug", "info", "warn", "error", "fatal"] as const;
  const log = Object.fromEntries(levels.map((level) => [level, record(level)])) as Record<
    (typeof levels)[number],
    (...values: unknown[]) => void
  >;
  return { shown, logged, target, log };
};

describe("captureConsole", () => {
  it("logs each method at its level, formats and objects as they are", () => {
    const { logged, shown, target, log } = createBench();

    captureConsole(log, {}, target);
    for (const name of names) target[name]("temp %d", 21, { place: "inlet" });

    expect(logged).toEqual(
      ["debug", "info", "info", "warn", "error"].map((level) => [
        level,
        "temp %d",
        21,
        { place: "inlet" },
      ]),
    );
    expect(shown).toEqual([]);
  });

  it("shows everything as well where it is asked to", () => {
    const { logged, shown, target, log } = createBench();

    captureConsole(log, { isShown: true }, target);
    target.warn("rssi %d", -71);

    expect(logged).toEqual([["warn", "rssi %d", -71]]);
    expect(shown).toEqual([["warn", "rssi %d", -71]]);
  });

  it("shows what is said from within a call, and does not log it", () => {
    const { shown, target, log } = createBench();
    const mirror = createMirror({ log: (...values) => target.log(...values) });
    log.info = (format) => {
      const site = { level: "info", tag: "", format: String(format) } as const;
      mirror({ kind: "event", uptimeMs: 0, site, values: [] });
    };

    captureConsole(log, {}, target);
    target.log("started");

    expect(shown).toEqual([["log", "info started"]]);
  });

  it("puts everything back", () => {
    const { logged, shown, target, log } = createBench();

    const restore = captureConsole(log, {}, target);
    restore();
    target.log("started");

    expect(logged).toEqual([]);
    expect(shown).toEqual([["log", "started"]]);
  });
});
