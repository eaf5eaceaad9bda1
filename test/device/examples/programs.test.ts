import { describe, expect, it } from "vitest";
import { runDoor } from "../../../device/examples/door.ts";
import { runGreenhouse } from "../../../device/examples/greenhouse.ts";
import type { Program, ProgramLog } from "../../../device/examples/program.ts";
import { runPump } from "../../../device/examples/pump.ts";
import { fakeClock } from "../../support/fake-clock.ts";

/** Ten minutes of a program, with chance that repeats: when it spoke, and at which level. */
const listenTo = (program: Program): { atMs: number; level: string }[] => {
  const clock = fakeClock();
  const calls: { atMs: number; level: string }[] = [];
  let state = 7;
  const random = (): number => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
  const speak = (level: string) => (): void => {
    calls.push({ atMs: clock.uptimeMs(), level });
  };
  const methods = {
    debug: speak("debug"),
    info: speak("info"),
    warn: speak("warn"),
    error: speak("error"),
    fatal: speak("fatal"),
  };
  const log: ProgramLog = { ...methods, tag: () => methods };
  program(log, { random, after: (delayMs, callback) => void clock.after(delayMs, callback) });
  clock.advance(600_000);
  return calls;
};

const programs: [string, Program][] = [
  ["pump", runPump],
  ["greenhouse", runGreenhouse],
  ["door", runDoor],
];

describe.each(programs)("the %s program", (_name, program) => {
  it("speaks 5 to 30 times a second", () => {
    const perSecond = listenTo(program).length / 600;

    expect(perSecond).toBeGreaterThan(5);
    expect(perSecond).toBeLessThan(30);
  });

  it("warns at times, and now and then reports an error", () => {
    const calls = listenTo(program);
    const count = (level: string): number => calls.filter((call) => call.level === level).length;

    expect(count("warn")).toBeGreaterThan(5);
    expect(count("error")).toBeGreaterThan(0);
    expect(count("error")).toBeLessThan(calls.length / 50);
  });
});

describe("the door program", () => {
  it("has rushes", () => {
    const calls = listenTo(runDoor);
    const seconds = new Array<number>(600).fill(0);
    for (const call of calls)
      seconds[Math.floor(call.atMs / 1_000)] = (seconds[Math.floor(call.atMs / 1_000)] ?? 0) + 1;

    expect(Math.max(...seconds)).toBeGreaterThan(40);
  });
});
